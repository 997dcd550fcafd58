#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;
namespace v1 = fhir::v1;

/// A change feed that is being read.
class Feed {
 public:
  Feed(const Gateway& gateway, const std::string& token, const v1::WatchRequest& request)
      : stub_(v1::Fhir::NewStub(open_channel(gateway.endpoint()))) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    context_.AddMetadata("authorization", "Bearer " + token);
    reader_ = stub_->Watch(&context_, request);
  }
  ~Feed() {
    context_.TryCancel();
    (void)end();
  }
  std::optional<v1::WatchResponse> next() {
    v1::WatchResponse message;
    if (!reader_->Read(&message)) return std::nullopt;
    token_ = message.resume_token();
    return message;
  }
  /// Passes heartbeats over; empty at the end of the stream. `Patient/1/2` or `Patient/1/2-`.
  std::string next_change() {
    for (;;) {
      const auto message = next();
      if (!message) return {};
      if (!message->has_change()) continue;
      const auto& resource = message->change().resource();
      return resource.type() + "/" + resource.id() + "/" + std::to_string(resource.version_id()) +
             (message->change().deleted() ? "-" : "");
    }
  }
  grpc::Status end() {
    if (!status_) {
      v1::WatchResponse message;
      while (reader_->Read(&message)) {
      }
      status_ = reader_->Finish();
    }
    return *status_;
  }
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  std::unique_ptr<v1::Fhir::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader_;
  std::string token_;
  std::optional<grpc::Status> status_;
};

class Watch : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  static std::string create(const std::string& type = "Patient") {
    const auto response =
        gateway_->send({.method = "POST",
                        .url = "/" + type,
                        .headers = {"Content-Type: application/fhir+json"},
                        .body = R"({"resourceType":")" + type + R"(","language":"en"})"},
                       token_);
    EXPECT_EQ(response.status, 201) << response.body;
    return std::string(fhir::json::parse(response.body)->root.string("id"));
  }
  static v1::WatchRequest after(const std::string& token) {
    v1::WatchRequest request;
    request.set_resume_token(token);
    return request;
  }
  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
};
std::unique_ptr<Gateway> Watch::gateway_;
std::string Watch::token_;

TEST_F(Watch, ChangesComeAsTheyAreCommitted) {
  create();
  Feed feed(*gateway_, token_, {});
  const auto first = feed.next();
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->has_change()) << "it starts now";
  const auto id = create();
  EXPECT_EQ(feed.next_change(), "Patient/" + id + "/1");
  ASSERT_EQ(gateway_->send({.method = "DELETE", .url = "/Patient/" + id}, token_).status / 100, 2);
  EXPECT_EQ(feed.next_change(), "Patient/" + id + "/2-");
}

TEST_F(Watch, NothingIsSkippedAndNothingComesTwiceAcrossACrash) {
  auto feed = std::make_unique<Feed>(*gateway_, token_, v1::WatchRequest());
  ASSERT_TRUE(feed->next());
  std::vector<std::string> made;
  std::vector<std::string> seen;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) made.push_back("Patient/" + create() + "/1");
    // Only some are read before the gateway dies.
    for (int i = 0; i < 7; ++i) seen.push_back(feed->next_change());
    const auto token = feed->token();
    gateway_->crash();
    EXPECT_FALSE(feed->end().ok());
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    feed = std::make_unique<Feed>(*gateway_, token_, after(token));
  }
  while (seen.size() < made.size()) {
    seen.push_back(feed->next_change());
    ASSERT_FALSE(seen.back().empty());
  }
  EXPECT_EQ(seen, made);
  made.push_back("Patient/" + create() + "/1");
  EXPECT_EQ(feed->next_change(), made.back());
}

TEST_F(Watch, FiltersByTypeAndScope) {
  v1::WatchRequest request;
  request.add_types("Basic");
  Feed basics(*gateway_, token_, request);
  Feed patients(*gateway_, gateway_->token("system/Patient.rs"), {});
  ASSERT_TRUE(basics.next() && patients.next());
  const auto response = gateway_->send({.method = "POST",
                                        .url = "/Basic",
                                        .headers = {"Content-Type: application/fhir+json"},
                                        .body = R"({"resourceType":"Basic","code":{"text":"x"}})"},
                                       token_);
  ASSERT_EQ(response.status, 201) << response.body;
  const auto patient = create();
  EXPECT_THAT(basics.next_change(), HasSubstr("Basic/"));
  EXPECT_EQ(patients.next_change(), "Patient/" + patient + "/1");
  Feed forbidden(*gateway_, gateway_->token("system/Patient.rs"), request);
  EXPECT_EQ(forbidden.end().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(Watch, BeginsAtTheBeginningOrWhereATokenSays) {
  v1::WatchRequest request;
  request.set_start(v1::WatchRequest::START_BEGINNING);
  Feed all(*gateway_, token_, request);
  ASSERT_TRUE(all.next());
  EXPECT_THAT(all.next_change(), HasSubstr("/1"));
  for (const char* wrong : {"nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    Feed refused(*gateway_, token_, after(wrong));
    EXPECT_EQ(refused.end().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << wrong;
  }
  Feed stranger(*gateway_, "nothing", {});
  EXPECT_EQ(stranger.end().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(Watch, HeartbeatsKeepASilentFeedAlive) {
  v1::WatchRequest request;
  request.set_heartbeat_seconds(1);
  Feed feed(*gateway_, token_, request);
  for (int i = 0; i < 2; ++i) {
    const auto beat = feed.next();
    ASSERT_TRUE(beat);
    EXPECT_FALSE(beat->has_change());
    EXPECT_FALSE(beat->resume_token().empty());
  }
}

TEST_F(Watch, EndsWhenTheGatewayDoes) {
  Feed feed(*gateway_, token_, {});
  ASSERT_TRUE(feed.next());
  const auto exit = gateway_->stop();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 0);
  EXPECT_EQ(feed.end().error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(gateway_->start()) << gateway_->log();
  Feed again(*gateway_, token_, after(feed.token()));
  ASSERT_TRUE(again.next());
  const auto id = create();
  EXPECT_EQ(again.next_change(), "Patient/" + id + "/1");
}

}  // namespace
}  // namespace kap::functional

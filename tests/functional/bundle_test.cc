#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <future>
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

constexpr const char* kJson = "Content-Type: application/fhir+json";
constexpr const char* kUuid = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9";

std::string bundle(std::string_view type, const std::string& entries) {
  return fmt::format(R"({{"resourceType":"Bundle","type":"{}","entry":[{}]}})", type, entries);
}

/// An entry that writes; `more` is of its request.
std::string entry(std::string_view method, std::string_view url, const std::string& resource,
                  std::string_view full_url = {}, std::string_view more = {}) {
  std::string out = "{";
  if (!full_url.empty()) out += fmt::format(R"("fullUrl":"{}",)", full_url);
  if (!resource.empty()) out += R"("resource":)" + resource + ",";
  return out + fmt::format(R"("request":{{"method":"{}","url":"{}"{}}}}})", method, url, more);
}

std::string patient(const std::string& number) {
  return fmt::format(
      R"({{"resourceType":"Patient","identifier":[{{"system":"urn:mrn","value":"{}"}}]}})", number);
}

std::string observation(std::string_view subject) {
  return fmt::format(
      R"({{"resourceType":"Observation","status":"final","code":{{"coding":[{{)"
      R"("system":"http://loinc.org","code":"8867-4"}}]}},"subject":{{"reference":"{}"}}}})",
      subject);
}

class Bundles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  static HttpResponse post(const std::string& body, std::vector<std::string> headers = {kJson},
                           const std::string& token = token_) {
    return gateway_->send({.method = "POST", .headers = std::move(headers), .body = body}, token);
  }
  static std::string location(const HttpResponse& response, std::size_t index) {
    const auto document = fhir::json::parse(response.body);
    if (!document) return {};
    const auto text =
        document->root.find("entry")->items()[index].find("response")->string("location");
    return std::string(text.substr(0, text.find("/_history")));
  }
  static long total(const std::string& path) {
    const auto answer = gateway_->get(path, token_);
    const auto document = fhir::json::parse(answer.body);
    if (!document || document->root.find("total") == nullptr) return -1;
    return std::stol(std::string(document->root.find("total")->text()));
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
};
std::unique_ptr<Gateway> Bundles::gateway_;
std::string Bundles::token_;

TEST_F(Bundles, ATransactionIsWrittenWholeAndItsReferencesHold) {
  const auto answer =
      post(bundle("transaction", entry("POST", "Observation", observation(kUuid)) + "," +
                                     entry("POST", "Patient", patient("whole"), kUuid)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("transaction-response"));
  const auto stored = gateway_->get("/" + location(answer, 0), token_);
  EXPECT_THAT(stored.body, HasSubstr("\"" + location(answer, 1) + "\""));
  EXPECT_EQ(total("/Observation?_summary=count&subject=" + location(answer, 1)), 1);
}

TEST_F(Bundles, AFaultInTheLastEntryLeavesNothingBehind) {
  const auto before = total("/_history?_count=0");
  std::string entries;
  for (int i = 0; i < 100; ++i) entries += entry("POST", "Patient", patient("never")) + ",";
  entries += entry("POST", "Patient", R"({"resourceType":"Patient","birthDate":"1.1.2000"})");
  const auto answer = post(bundle("transaction", entries));
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("Bundle.entry[100].resource.birthDate"));
  EXPECT_EQ(total("/_history?_count=0"), before);
  EXPECT_EQ(total("/Patient?_summary=count&identifier=urn:mrn|never"), 0);
}

TEST_F(Bundles, ABatchWithOneFailingEntryAnswersTheOthers) {
  const auto answer =
      post(bundle("batch", entry("POST", "Patient", patient("batch")) + "," +
                               entry("GET", "Patient/absent", "") + "," +
                               entry("POST", "Patient/$no-such-thing", patient("x"))),
           {kJson, "Prefer: return=representation"});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(R"("status":"201")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("value":"batch")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("status":"404")"));
  EXPECT_THAT(answer.body, HasSubstr("Bundle.entry[2].request.url"));
}

TEST_F(Bundles, WhatIsNoneIsRefused) {
  EXPECT_EQ(post("{").status, 400);
  EXPECT_EQ(post(patient("x")).status, 400);
  EXPECT_EQ(post(bundle("message", entry("GET", "Patient", ""))).status, 400);
  EXPECT_EQ(post(bundle("batch", "1"), {"Content-Type: text/plain"}).status, 415);
  EXPECT_EQ(post(bundle("batch", "1"), {kJson}, "").status, 401);
  std::string entries;
  for (int i = 0; i < 10'000; ++i)
    entries += (i == 0 ? "" : ",") + entry("DELETE", "Patient/none", "");
  const auto many = post(bundle("transaction", entries));
  EXPECT_EQ(many.status, 413);
  EXPECT_THAT(many.body, HasSubstr("10000"));
}

TEST_F(Bundles, ScopesHoldForEachEntry) {
  const auto narrow = gateway_->token("system/Patient.cruds");
  const auto entries = entry("POST", "Patient", patient("scoped"), kUuid) + "," +
                       entry("POST", "Observation", observation(kUuid));
  const auto whole = post(bundle("transaction", entries), {kJson}, narrow);
  EXPECT_EQ(whole.status, 403);
  EXPECT_THAT(whole.body, HasSubstr("Bundle.entry[1].request"));
  EXPECT_EQ(total("/Patient?_summary=count&identifier=urn:mrn|scoped"), 0);
  const auto each = post(bundle("batch", entries), {kJson}, narrow);
  EXPECT_EQ(each.status, 200);
  EXPECT_THAT(each.body, HasSubstr(R"("status":"403")"));
  EXPECT_EQ(gateway_->get("/_history", gateway_->token("system/*.r")).status, 403);
  EXPECT_EQ(gateway_->get("/Observation/_history", narrow).status, 403);
}

TEST_F(Bundles, ManyAtOnceMakeOneResourceOfOneCondition) {
  const auto body =
      bundle("transaction", entry("POST", "Patient", patient("one"), kUuid,
                                  R"(,"ifNoneExist":"identifier=urn:mrn|one")") +
                                "," + entry("POST", "Observation", observation(kUuid)));
  std::vector<std::future<HttpResponse>> answers;
  for (int i = 0; i < 12; ++i)
    answers.push_back(std::async(std::launch::async, [&] { return post(body); }));
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(total("/Patient?_summary=count&identifier=urn:mrn|one"), 1);
  EXPECT_EQ(total("/Observation?_summary=count&subject:Patient.identifier=urn:mrn|one"), 12);
}

TEST_F(Bundles, AHistoryPagesStablyWhileDataChange) {
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(post(bundle("transaction", entry("POST", "Group",
                                               R"({"resourceType":"Group","type":"person",)"
                                               R"("actual":true})")))
                  .status,
              200);
  std::string path = "/Group/_history?_count=2";
  std::size_t seen = 0;
  for (int page = 0; page < 3; ++page) {
    const auto answer = gateway_->get(path, token_);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto document = fhir::json::parse(answer.body).value();
    EXPECT_EQ(document.root.find("total")->text(), "5");
    seen += document.root.find("entry")->items().size();
    (void)post(bundle("transaction", entry("POST", "Group",
                                           R"({"resourceType":"Group","type":"person",)"
                                           R"("actual":true})")));
    const auto links = document.root.find("link")->items();
    if (links.size() < 2) break;
    path = std::string(links[1].string("url"));
  }
  EXPECT_EQ(seen, 5U);
  EXPECT_EQ(total("/Group/_history"), 8);
  EXPECT_EQ(gateway_->get("/Group/_history?_since=2026", token_).status, 400);
}

TEST_F(Bundles, GrpcTakesThemToo) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  context.AddMetadata("authorization", "Bearer " + token_);
  const auto stub = v1::Fhir::NewStub(open_channel(gateway_->endpoint()));
  v1::BatchRequest request;
  request.set_bundle(bundle("transaction", entry("POST", "Patient", patient("grpc"))));
  v1::BatchResponse response;
  ASSERT_TRUE(stub->Batch(&context, request, &response).ok());
  EXPECT_THAT(response.bundle(), HasSubstr("transaction-response"));

  grpc::ClientContext listing;
  listing.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  listing.AddMetadata("authorization", "Bearer " + token_);
  v1::HistoryRequest history;
  history.set_type("Patient");
  const auto reader = stub->History(&listing, history);
  v1::HistoryResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_TRUE(message.has_summary());
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.version().change(), v1::HISTORY_CHANGE_CREATED);
  EXPECT_THAT(message.version().resource().json(), HasSubstr("\"grpc\""));
  while (reader->Read(&message)) {
  }
  EXPECT_TRUE(reader->Finish().ok());
}

}  // namespace
}  // namespace kap::functional

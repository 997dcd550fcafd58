#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// One gateway with the synthetic clinic in it for all tests of this file.
class EndToEnd : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    const auto submitted = gateway_->submit({data("clinic")});
    ASSERT_EQ(submitted.code, 0) << submitted.output;
    is_mapped_ = has_maps(gateway_->endpoint());
    if (is_mapped_) token_ = gateway_->token();
  }
  static void TearDownTestSuite() {
    const auto exit = gateway_->stop();
    EXPECT_TRUE(exit && exit->code == 0) << gateway_->log();
    gateway_.reset();
  }
  void SetUp() override {
    if (!is_mapped_)
      GTEST_SKIP() << "this build has no maps (mappings/ketamine), so there is nothing to read";
  }

  static fhir::json::Document bundle(const std::string& path) {
    const auto response = gateway_->get(path, token_);
    EXPECT_EQ(response.status, 200) << path << ' ' << response.body;
    auto document = fhir::json::parse(response.body);
    return document ? std::move(*document) : fhir::json::Document();
  }
  static std::string next_of(const fhir::json::Value& bundle) {
    for (const auto& link : bundle.find("link")->items())
      if (link.string("relation") == "next") {
        const std::string url(link.string("url"));
        return url.substr(url.find("/fhir/") + 5);
      }
    return {};
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
  static bool is_mapped_;
};
bool EndToEnd::is_mapped_ = false;
std::unique_ptr<Gateway> EndToEnd::gateway_;
std::string EndToEnd::token_;

TEST_F(EndToEnd, ASecondSubmissionChangesNothing) {
  const auto before = gateway_->count("Observation", token_);
  const auto again = gateway_->submit({data("clinic")});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.output, HasSubstr(" 0 accepted"));
  EXPECT_THAT(again.output, HasSubstr(" 0 refused"));
  EXPECT_EQ(gateway_->count("Observation", token_), before);
}

TEST_F(EndToEnd, EveryResourceIsTaggedAndReadableByItsId) {
  const auto page = bundle("/Observation?_count=20");
  const auto* entries = page.root.find("entry");
  ASSERT_NE(entries, nullptr);
  for (const auto& entry : entries->items()) {
    const auto id = entry.find("resource")->string("id");
    const auto read = gateway_->get(fmt::format("/Observation/{}", id), token_);
    EXPECT_EQ(read.status, 200);
    EXPECT_THAT(read.body, HasSubstr("HTEST"));
    EXPECT_EQ(read.headers.at("etag"), "W/\"1\"");
    const auto unchanged =
        gateway_->get(fmt::format("/Observation/{}", id), token_, {"If-None-Match: W/\"1\""});
    EXPECT_EQ(unchanged.status, 304);
  }
}

TEST_F(EndToEnd, PagesCoverEveryMatchOnce) {
  const auto total = gateway_->count("Provenance", token_);
  ASSERT_GT(total, 0);
  std::set<std::string> ids;
  std::string path = "/Provenance?_count=7";
  for (int pages = 0; !path.empty() && pages < 100; ++pages) {
    const auto page = bundle(path);
    for (const auto& entry : page.root.find("entry")->items())
      EXPECT_TRUE(ids.insert(std::string(entry.find("resource")->string("id"))).second);
    path = next_of(page.root);
  }
  EXPECT_EQ(static_cast<long>(ids.size()), total);
}

TEST_F(EndToEnd, SearchFollowsReferencesAndIncludes) {
  const auto patients = bundle("/Patient?_count=1");
  const std::string patient(patients.root.find("entry")->items()[0].find("resource")->string("id"));
  const auto problems = bundle("/Condition?_include=Condition:subject&subject=Patient/" + patient);
  int included = 0;
  for (const auto& entry : problems.root.find("entry")->items()) {
    const auto mode = entry.find("search")->string("mode");
    EXPECT_THAT(mode, AnyOf("match", "include"));
    if (mode != "include") continue;
    ++included;
    EXPECT_EQ(entry.find("resource")->string("id"), patient);
  }
  EXPECT_EQ(included, 1);
}

TEST_F(EndToEnd, NoTokenNoData) {
  EXPECT_EQ(gateway_->get("/Patient", "").status, 401);
  EXPECT_EQ(gateway_->get("/Patient", "forged").status, 401);
  EXPECT_EQ(gateway_->get("/metadata", "").status, 200);
  const auto narrow = gateway_->token("system/Patient.r");
  EXPECT_EQ(gateway_->get("/Observation", narrow).status, 403);
}

TEST_F(EndToEnd, PsychotherapyNotesAreWithheld) {
  const auto notes = bundle("/DocumentReference?_count=500");
  const auto* entries = notes.root.find("entry");
  if (entries != nullptr)
    for (const auto& entry : entries->items())
      EXPECT_THAT(fhir::json::parse(gateway_
                                        ->get(fmt::format("/DocumentReference/{}",
                                                          entry.find("resource")->string("id")),
                                              token_)
                                        .body)
                          ->root.find("meta") != nullptr,
                  true);
  const auto text = gateway_->get("/DocumentReference?_count=500", token_).body;
  EXPECT_THAT(text, Not(HasSubstr("PSYTHPN")));
}

TEST_F(EndToEnd, TheCapabilityStatementListsEveryTypeThatIsHere) {
  const auto statement = fhir::json::parse(gateway_->get("/metadata", "").body);
  ASSERT_TRUE(statement);
  for (const auto& resource : statement->root.find("rest")->items()[0].find("resource")->items())
    EXPECT_GE(gateway_->count(std::string(resource.string("type")), token_), 0)
        << resource.string("type");
}

TEST_F(EndToEnd, TheSameOverGrpc) {
  const auto channel = open_channel(gateway_->endpoint());
  const auto stub = fhir::v1::Fhir::NewStub(channel);
  fhir::v1::SearchRequest request;
  request.set_type("Patient");
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token_);
  const auto stream = stub->Search(&context, request);
  fhir::v1::SearchResponse message;
  std::vector<fhir::v1::Resource> matches;
  std::uint64_t total = 0;
  while (stream->Read(&message)) {
    if (message.has_summary()) total = message.summary().total();
    if (message.has_match()) matches.push_back(message.match());
  }
  ASSERT_TRUE(stream->Finish().ok());
  ASSERT_FALSE(matches.empty());
  EXPECT_EQ(static_cast<long>(total), gateway_->count("Patient", token_));

  fhir::v1::ReadRequest read;
  read.set_type("Patient");
  read.set_id(matches[0].id());
  fhir::v1::ReadResponse resource;
  grpc::ClientContext read_context;
  read_context.AddMetadata("authorization", "Bearer " + token_);
  ASSERT_TRUE(stub->Read(&read_context, read, &resource).ok());
  EXPECT_EQ(resource.resource().json(), gateway_->get("/Patient/" + matches[0].id(), token_).body);
  grpc::ClientContext anonymous;
  EXPECT_EQ(stub->Read(&anonymous, read, &resource).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace kap::functional

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "fhir/json/parse.h"
#include "tests/functional/gateway.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;

constexpr const char* kGender =
    "/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The operations that expose nothing of a patient, over the wire.
class TerminologyOperations : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token("system/Location.r");
  }
  static void TearDownTestSuite() {
    gateway_->stop();
    gateway_.reset();
  }

  static HttpResponse post(const std::string& path, const std::string& body) {
    return gateway_->send({.method = "POST",
                           .url = path,
                           .headers = {"Content-Type: application/json"},
                           .body = body},
                          token_);
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
};
std::unique_ptr<Gateway> TerminologyOperations::gateway_;
std::string TerminologyOperations::token_;

TEST_F(TerminologyOperations, AnswerAnyTokenAndNobodyElse) {
  EXPECT_EQ(gateway_->get(kGender, token_).status, 200);
  EXPECT_EQ(gateway_->get(kGender, "").status, 401);
  EXPECT_EQ(gateway_->get(kGender, "nonsense").status, 401);
  EXPECT_EQ(gateway_->get("/Patient/$meta", token_).status, 403);
}

TEST_F(TerminologyOperations, AnswerByGetAndByPost) {
  const auto by_get = gateway_->get(std::string(kGender) + "&filter=unknown", token_);
  const auto by_post = post("/ValueSet/$expand", R"({"resourceType":"Parameters","parameter":[
      {"name":"url","valueUri":"http://hl7.org/fhir/ValueSet/administrative-gender"},
      {"name":"filter","valueString":"unknown"}]})");
  ASSERT_EQ(by_get.status, 200) << by_get.body;
  ASSERT_EQ(by_post.status, 200) << by_post.body;
  for (const auto& response : {by_get, by_post}) {
    EXPECT_THAT(response.body, HasSubstr(R"("total":1)"));
    EXPECT_THAT(response.body, HasSubstr(R"("code":"unknown")"));
  }
}

TEST_F(TerminologyOperations, RefuseEachFaultWithItsPlace) {
  const auto refused = [&](const std::string& path, long status, const std::string& part) {
    const auto response = gateway_->get(path, token_);
    EXPECT_EQ(response.status, status) << path << ' ' << response.body;
    EXPECT_THAT(response.body, HasSubstr("OperationOutcome")) << path;
    EXPECT_THAT(response.body, HasSubstr(part)) << path;
  };
  refused("/ValueSet/$expand", 400, R"("expression":["url"])");
  refused(std::string(kGender) + "&count=-1", 400, R"("expression":["count"])");
  refused(std::string(kGender) + "&colour=red", 400, R"("expression":["colour"])");
  refused(std::string(kGender) + "&filter=a&filter=b", 400, R"("expression":["filter"])");
  refused(std::string(kGender) + "&activeOnly=perhaps", 400, R"("expression":["activeOnly"])");
  refused("/ValueSet/$expand?url=http://snomed.info/sct?fhir_vs", 404, "not-found");
  refused("/CodeSystem/$lookup?code=x", 400, R"("expression":["system"])");
  refused("/ConceptMap/$translate?code=a&system=b&url=http://example.org", 404, "not-found");
  EXPECT_EQ(gateway_->get("/StructureMap/$transform", token_).status, 405);
  EXPECT_EQ(post("/StructureMap/Record/$transform", "{").status, 400);
  EXPECT_EQ(post("/StructureMap/Record/$transform", "[]").status, 400);
  EXPECT_EQ(post("/StructureMap/Record/$transform", "{}").status, 422);
}

TEST_F(TerminologyOperations, TransformEveryGoldenRecordAsMapRunDoes) {
  int records = 0;
  for (const auto& folder : std::filesystem::directory_iterator(source("tests/golden"))) {
    const auto record = folder.path() / "record.json";
    if (!std::filesystem::exists(record)) continue;
    ++records;
    const auto answer = post("/StructureMap/Record/$transform", read(record));
    EXPECT_EQ(answer.status, 200) << folder.path() << answer.body.substr(0, 1000);
    const auto bundle = fhir::json::parse(answer.body);
    const auto expected = fhir::json::parse(read(folder.path() / "expected.json"));
    ASSERT_TRUE(bundle && expected) << folder.path();
    EXPECT_TRUE(fhir::json::equal(bundle->root, expected->root)) << folder.path();
  }
  EXPECT_GT(records, 20);
}

}  // namespace
}  // namespace kap::functional

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "tests/functional/gateway.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kProfile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient";

/// $validate and the judgement of writes, over the wire.
class Validating : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token("system/Patient.cruds");
  }
  static void TearDownTestSuite() {
    gateway_->stop();
    gateway_.reset();
  }

  static HttpResponse post(const std::string& path, const std::string& body) {
    return gateway_->send({.method = "POST",
                           .url = path,
                           .headers = {"Content-Type: application/fhir+json"},
                           .body = body},
                          token_);
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
};
std::unique_ptr<Gateway> Validating::gateway_;
std::string Validating::token_;

TEST_F(Validating, AnswersWhatIsWrongWith200) {
  const auto wrong = post("/Patient/$validate", R"({"resourceType":"Patient","birthDate":"1"})");
  EXPECT_EQ(wrong.status, 200) << wrong.body;
  EXPECT_THAT(wrong.body, HasSubstr(R"("expression":["Patient.birthDate"])"));
  const auto right = post("/Patient/$validate", R"({"resourceType":"Patient","text":{"status":
      "generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}})");
  EXPECT_EQ(right.status, 200) << right.body;
  EXPECT_THAT(right.body, HasSubstr(R"("severity":"information")"));
  EXPECT_THAT(right.body, Not(HasSubstr(R"("severity":"error")")));
}

TEST_F(Validating, TakesAProfileByName) {
  const auto parameters = [](const std::string& profile) {
    return R"({"resourceType":"Parameters","parameter":[{"name":"profile","valueUri":")" + profile +
           R"("},{"name":"resource","resource":{"resourceType":"Patient"}}]})";
  };
  const auto named = post("/Patient/$validate", parameters(kProfile));
  EXPECT_EQ(named.status, 200) << named.body;
  EXPECT_THAT(named.body, HasSubstr(R"("expression":["Patient.identifier"])"));
  const auto unknown = post("/Patient/$validate", parameters("http://example.org/none"));
  EXPECT_EQ(unknown.status, 200) << unknown.body;
  EXPECT_THAT(unknown.body, HasSubstr("http://example.org/none"));
}

TEST_F(Validating, RefusesWhatCannotBeAnswered) {
  const std::string patient = R"({"resourceType":"Patient"})";
  const auto refused = [&](const std::string& path, const std::string& body, long status) {
    const auto response = post(path, body);
    EXPECT_EQ(response.status, status) << path << ' ' << response.body;
    EXPECT_THAT(response.body, HasSubstr("OperationOutcome")) << path;
  };
  refused("/Patient/$validate", R"({"resourceType":"Parameters"})", 400);
  refused("/Patient/$validate", R"({"resourceType":"Basic"})", 400);
  refused("/Patient/$validate?mode=perhaps", patient, 400);
  refused("/Patient/$validate?mode=delete", patient, 400);
  refused("/Patient/absent/$validate?mode=create", patient, 400);
  refused("/Patient/absent/$validate?mode=update", patient, 404);
  refused("/Observation/$validate", R"({"resourceType":"Observation"})", 403);
}

TEST_F(Validating, JudgesWhatIsWritten) {
  const auto refused = post("/Patient", R"({"resourceType":"Patient","meta":{"profile":[")" +
                                            std::string(kProfile) + R"("]},"gender":"male"})");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr(R"("expression":["Patient.name"])"));
  const auto invariant = post("/Patient", R"({"resourceType":"Patient","contact":[{"gender":
      "male"}]})");
  EXPECT_EQ(invariant.status, 422) << invariant.body;
  EXPECT_THAT(invariant.body, HasSubstr("pat-1"));
}

}  // namespace
}  // namespace kap::functional

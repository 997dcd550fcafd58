#include "fhir/validate/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir/json/parse.h"

namespace kap::fhir::validate {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

const Validator& validator() {
  static const Validator instance;
  return instance;
}

/// `severity code expression constraint` of each finding.
std::vector<std::string> check(std::string_view text, const ValidateOptions& options = {}) {
  const auto document = json::parse(text);
  EXPECT_TRUE(document) << document.error().summary();
  std::vector<std::string> lines;
  for (const Finding& finding : validator().validate(*document, options).findings) {
    std::string line(to_code(finding.issue.severity));
    line.append(" ").append(to_code(finding.issue.code)).append(" ");
    line.append(finding.issue.expression);
    if (!finding.constraint.empty()) line.append(" ").append(finding.constraint);
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Invariants, AreCheckedOnTheTypeAndItsParts) {
  EXPECT_THAT(check(R"({"resourceType":"Patient","contact":[{"gender":"male"}],
                        "telecom":[{"value":"1"}],
                        "name":[{"period":{"start":"2020-02-01","end":"2020-01-01"}}]})"),
              testing::UnorderedElementsAre("error invariant Patient.contact[0] pat-1",
                                            "error invariant Patient.telecom[0] cpt-2",
                                            "error invariant Patient.name[0].period per-1",
                                            "warning invariant Patient dom-6"));
}

TEST(Invariants, OfDatesThatDoNotCompareAreNotViolated) {
  EXPECT_THAT(check(R"({"resourceType":"Patient",
                        "name":[{"period":{"start":"2020","end":"2020-01-01"}}]})"),
              Not(Contains("error invariant Patient.name[0].period per-1")));
}

TEST(Invariants, LookIntoContainedResources) {
  EXPECT_THAT(check(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},
      "contained":[{"resourceType":"Patient","id":"a","meta":{"versionId":"1"}}]})"),
              testing::IsSupersetOf(
                  {"error invariant Observation dom-3", "error invariant Observation dom-4"}));
}

TEST(Modes, OfADeleteLookAtNothing) {
  EXPECT_THAT(check(R"({"resourceType":"Patient","foo":1})", {.mode = Mode::kDelete}), IsEmpty());
}

TEST(Modes, OfAnUpdateNeedAnId) {
  EXPECT_THAT(check(R"({"resourceType":"Patient"})", {.mode = Mode::kUpdate}),
              Contains("error required Patient.id"));
}

}  // namespace
}  // namespace kap::fhir::validate

#include "gateway/security/permit/scope.h"

#include <gtest/gtest.h>

#include "gateway/security/permit/sensitivity.h"

namespace kap::gateway::security {
namespace {

TEST(Scope, RoundTrips) {
  for (const std::string_view text : {"system/*.cruds", "system/Observation.rs",
                                      "patient/Patient.r", "user/Observation.rs?category=survey"}) {
    const auto scope = parse_scope(text);
    ASSERT_TRUE(scope.has_value()) << text;
    EXPECT_EQ(to_text(*scope), text);
  }
}

TEST(Scope, RefusesWithTheReason) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"launch", "not context/Type.letters"},
      {"system/*", "not context/Type.letters"},
      {"tenant/*.r", "not system, user or patient"},
      {"system/.r", "no FHIR type"},
      {"system/observation.r", "no FHIR type"},
      {"system/Observation.", "no interaction letters"},
      {"system/Observation.read", "letters are c, r, u, d and s"},
      {"system/Observation.sr", "in the order cruds"},
      {"system/Observation.rr", "in the order cruds"},
      {"system/../x.r", "no FHIR type"},
  };
  for (const auto& [text, why] : cases) {
    const auto scope = parse_scope(text);
    ASSERT_FALSE(scope.has_value()) << text;
    EXPECT_NE(scope.error().summary().find(why), std::string::npos) << scope.error().summary();
  }
}

TEST(Scope, AllowsOnlyItsTypeAndInteractions) {
  const Scope scope = parse_scope("system/Observation.rs").value();
  EXPECT_TRUE(scope.allows("Observation", Interaction::kRead));
  EXPECT_TRUE(scope.allows("Observation", Interaction::kSearch));
  EXPECT_FALSE(scope.allows("Observation", Interaction::kCreate));
  EXPECT_FALSE(scope.allows("Patient", Interaction::kRead));
  EXPECT_TRUE(parse_scope("system/*.cruds")->allows("Patient", Interaction::kDelete));
}

TEST(Scope, ListNamesTheWrongOne) {
  EXPECT_EQ(parse_scopes("system/Patient.r  system/Observation.rs")->size(), 2U);
  EXPECT_NE(parse_scopes("system/Patient.r bad").error().summary().find("\"bad\""),
            std::string::npos);
}

TEST(Sensitivity, CodesHaveOneBitEach) {
  EXPECT_EQ(to_sensitivity("PSYTHPN").bits(), 1U);
  EXPECT_EQ(to_sensitivity("42CFRPart2").bits(), 2U);
  EXPECT_EQ(to_sensitivity("XYZ"), sensitivity::kNone);
  EXPECT_TRUE(
      (sensitivity::kPsychiatry | sensitivity::kMentalHealth).intersects(sensitivity::kPsychiatry));
}

}  // namespace
}  // namespace kap::gateway::security

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using fhir::json::Value;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<std::string_view, 24> kTypes = {
    "AdverseEvent",      "AllergyIntolerance", "Appointment",       "CarePlan",
    "CareTeam",          "Condition",          "Consent",           "Device",
    "DocumentReference", "Encounter",          "EpisodeOfCare",     "Goal",
    "Location",          "Medication",         "MedicationAdministration", "MedicationRequest",
    "Observation",       "Organization",       "Patient",           "Practitioner",
    "PractitionerRole",  "Procedure",          "Provenance",        "QuestionnaireResponse"};

/// Everything an EHR can read of the synthetic clinic; the clinical traps hold of all of it.
class Traps : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Gateway gateway;
    ASSERT_TRUE(gateway.start()) << gateway.log();
    // Trap 14 among them: esketamine without an oral antidepressant is accepted.
    const auto submitted = gateway.submit({data("clinic")});
    ASSERT_EQ(submitted.code, 0) << submitted.output;
    if (!has_maps(gateway.endpoint())) return;
    const auto token = gateway.token();
    for (const auto type : kTypes) read_all(gateway, std::string(type), token);
  }
  static void TearDownTestSuite() { pages_.clear(); }
  void SetUp() override {
    if (pages_.empty()) GTEST_SKIP() << "this build has no maps (mappings/ketamine)";
  }

  static void read_all(const Gateway& gateway, const std::string& type, const std::string& token) {
    std::string path = "/" + type + "?_count=500";
    while (!path.empty()) {
      auto page = fhir::json::parse(gateway.get(path, token).body);
      ASSERT_TRUE(page) << path;
      pages_.push_back(std::move(*page));
      path.clear();
      for (const auto& link : pages_.back().root.find("link")->items())
        if (link.string("relation") == "next") {
          const auto url = std::string(link.string("url"));
          path = url.substr(url.find("/fhir/") + 5);
        }
    }
  }

  static void for_each(std::string_view type, const std::function<void(const Value&)>& visit) {
    for (const auto& page : pages_) {
      const auto* entries = page.root.find("entry");
      if (entries == nullptr) continue;
      for (const auto& entry : entries->items()) {
        const auto* resource = entry.find("resource");
        if (type.empty() || resource->string("resourceType") == type) visit(*resource);
      }
    }
  }
  static bool has_code(const Value& resource, std::string_view code) {
    const auto* concept_value = resource.find("code");
    const auto* codings = concept_value == nullptr ? nullptr : concept_value->find("coding");
    if (codings == nullptr) return false;
    for (const auto& coding : codings->items())
      if (coding.string("code") == code) return true;
    return false;
  }
  static std::string text(const Value& resource) { return fhir::json::to_text(resource); }

  static std::vector<fhir::json::Document> pages_;
};
std::vector<fhir::json::Document> Traps::pages_;

TEST_F(Traps, T01T02AnAdministrationIsBaseR4AndPartOfItsProcedure) {
  for_each("MedicationAdministration", [](const Value& dose) {
    EXPECT_THAT(text(dose), Not(HasSubstr("us-core")));
    const auto* procedures = dose.find("partOf");
    ASSERT_NE(procedures, nullptr) << text(dose);
    EXPECT_THAT(std::string(procedures->items()[0].string("reference")), HasSubstr("Procedure/"));
    EXPECT_THAT(text(dose), Not(HasSubstr("lotNumber")));
  });
}

TEST_F(Traps, T03ADoseIsInMilligrams) {
  for_each("MedicationAdministration", [](const Value& dose) {
    const auto* dosage = dose.find("dosage");
    const auto* amount = dosage == nullptr ? nullptr : dosage->find("dose");
    if (amount != nullptr) EXPECT_EQ(amount->string("code"), "mg") << text(dose);
  });
}

TEST_F(Traps, T05RassIsNotTheLoincCodeOfAnotherThing) {
  for_each("Observation", [](const Value& it) { EXPECT_FALSE(has_code(it, "54632-5")); });
}

TEST_F(Traps, T06PulseOximetryHasBothCodes) {
  for_each("Observation", [](const Value& observation) {
    EXPECT_EQ(has_code(observation, "59408-5"), has_code(observation, "2708-6"))
        << text(observation);
  });
}

TEST_F(Traps, T07TheGad7ScoreIsNotItsPanel) {
  for_each("Observation", [](const Value& observation) {
    if (has_code(observation, "69737-5"))
      EXPECT_EQ(observation.find("valueQuantity"), nullptr) << text(observation);
    if (has_code(observation, "68509-9"))
      EXPECT_THAT(text(observation), Not(HasSubstr("LA6570-1")));
    for (const auto* code : {"69725-0", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"})
      if (has_code(observation, code))
        EXPECT_THAT(text(observation), Not(HasSubstr("LA18938-3")));
  });
}

TEST_F(Traps, T10APhq9TotalIsAQuantityInScores) {
  for_each("Observation", [](const Value& observation) {
    if (!has_code(observation, "44261-6")) return;
    EXPECT_EQ(observation.find("valueString"), nullptr);
    const auto* value = observation.find("valueQuantity");
    if (value != nullptr) EXPECT_EQ(value->string("code"), "{score}") << text(observation);
    EXPECT_THAT(text(observation), HasSubstr("\"survey\""));
  });
}

TEST_F(Traps, T08T12CodesThatMeanSomethingElseAreNowhere) {
  for_each("", [](const Value& resource) {
    for (const auto* code :
         {"\"J3000\"", "\"6103\"", "\"44376007\"", "\"231519007\"", "\"F42\"", "\"F53\""})
      EXPECT_THAT(text(resource), Not(HasSubstr(code)));
  });
}

TEST_F(Traps, T11TreatmentResistanceStandsBesideABillableCode) {
  for_each("Condition", [](const Value& condition) {
    if (has_code(condition, "1153570009")) EXPECT_THAT(text(condition), HasSubstr("\"F3"));
  });
}

TEST_F(Traps, T15WhatAPart2ProgramSentIsWithheldAndNothingElse) {
  for_each("", [](const Value& resource) {
    EXPECT_THAT(text(resource), Not(HasSubstr("42CFRPart2")));
    EXPECT_THAT(text(resource), Not(HasSubstr("PSYTHPN")));
  });
}

}  // namespace
}  // namespace kap::functional

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <map>
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

constexpr std::array<std::string_view, 24> kTypes = {"AdverseEvent",
                                                     "AllergyIntolerance",
                                                     "Appointment",
                                                     "CarePlan",
                                                     "CareTeam",
                                                     "Condition",
                                                     "Consent",
                                                     "Device",
                                                     "DocumentReference",
                                                     "Encounter",
                                                     "EpisodeOfCare",
                                                     "Goal",
                                                     "Location",
                                                     "Medication",
                                                     "MedicationAdministration",
                                                     "MedicationRequest",
                                                     "Observation",
                                                     "Organization",
                                                     "Patient",
                                                     "Practitioner",
                                                     "PractitionerRole",
                                                     "Procedure",
                                                     "Provenance",
                                                     "QuestionnaireResponse"};

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
  int of_the_treatment = 0;
  for_each("MedicationAdministration", [&](const Value& dose) {
    EXPECT_THAT(text(dose), Not(HasSubstr("us-core")));
    EXPECT_THAT(text(dose), Not(HasSubstr("lotNumber")));
    const auto* procedures = dose.find("partOf");
    if (procedures == nullptr) {
      // Given beside the treatment, e.g. ondansetron: never the treatment's own drug.
      EXPECT_THAT(text(dose), Not(HasSubstr("\"6130\"")));
      EXPECT_THAT(text(dose), Not(HasSubstr("\"2119365\"")));
      EXPECT_NE(dose.find("medicationCodeableConcept"), nullptr) << text(dose);
      return;
    }
    ++of_the_treatment;
    EXPECT_THAT(std::string(procedures->items()[0].string("reference")), HasSubstr("Procedure/"));
  });
  EXPECT_GE(of_the_treatment, 40);
  int lots = 0;
  for_each("Medication", [&](const Value& it) { lots += it.find("batch") != nullptr ? 1 : 0; });
  EXPECT_GT(lots, 0);
}

TEST_F(Traps, T03DosesOfAProcedureSumToItsTotalAndNoneCarriesIt) {
  std::map<std::string, double> sums;
  std::map<std::string, int> counts;
  for_each("MedicationAdministration", [&](const Value& dose) {
    const auto* amount =
        dose.find("dosage") == nullptr ? nullptr : dose.find("dosage")->find("dose");
    ASSERT_NE(amount, nullptr) << text(dose);
    const auto* procedures = dose.find("partOf");
    if (procedures == nullptr) return;
    EXPECT_EQ(amount->string("code"), "mg") << text(dose);
    const std::string procedure(procedures->items()[0].string("reference"));
    sums[procedure] += std::stod(std::string(amount->find("value")->text()));
    ++counts[procedure];
  });
  int totals = 0;
  int several = 0;
  for_each("Procedure", [&](const Value& procedure) {
    const auto* notes = procedure.find("note");
    if (notes == nullptr) return;
    static constexpr std::string_view kBefore = "Given in this session in all: ";
    const std::string note(notes->items()[0].string("text"));
    if (!note.starts_with(kBefore)) return;
    const auto id = fmt::format("Procedure/{}", procedure.string("id"));
    EXPECT_NEAR(sums[id], std::stod(note.substr(kBefore.size())), 1e-9) << text(procedure);
    ++totals;
    several += counts[id] > 1 ? 1 : 0;
  });
  EXPECT_GT(totals, 20);
  EXPECT_GT(several, 3);
}

TEST_F(Traps, T04WasteHasAWitness) {
  int wastes = 0;
  for_each("MedicationAdministration", [&](const Value& dose) {
    if (text(dose).find("controlled-drug-waste") == std::string::npos) return;
    ++wastes;
    EXPECT_THAT(text(dose),
                HasSubstr("http://terminology.hl7.org/CodeSystem/med-admin-perform-function\","
                          "\"code\":\"witness\""));
  });
  EXPECT_GT(wastes, 0);
}

TEST_F(Traps, T05RassIsNotTheLoincCodeOfAnotherThing) {
  for_each("Observation", [](const Value& it) { EXPECT_FALSE(has_code(it, "54632-5")); });
}

TEST_F(Traps, T06PulseOximetryHasBothCodes) {
  int readings = 0;
  for_each("Observation", [&](const Value& observation) {
    EXPECT_EQ(has_code(observation, "59408-5"), has_code(observation, "2708-6"))
        << text(observation);
    readings += has_code(observation, "2708-6") ? 1 : 0;
  });
  EXPECT_GT(readings, 100);
}

TEST_F(Traps, T07TheGad7ScoreIsNotItsPanel) {
  for_each("Observation", [](const Value& observation) {
    if (has_code(observation, "69737-5"))
      EXPECT_EQ(observation.find("valueQuantity"), nullptr) << text(observation);
    if (has_code(observation, "68509-9"))
      EXPECT_THAT(text(observation), Not(HasSubstr("LA6570-1")));
    for (const auto* code : {"69725-0", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"})
      if (has_code(observation, code)) EXPECT_THAT(text(observation), Not(HasSubstr("LA18938-3")));
  });
}

TEST_F(Traps, T09TheHcpcsCodeFollowsTheDateOfService) {
  int before = 0;
  int after = 0;
  for_each("Procedure", [&](const Value& procedure) {
    const auto* period = procedure.find("performedPeriod");
    const std::string start(period == nullptr ? "" : period->string("start"));
    if (has_code(procedure, "S0013")) EXPECT_LT(start, "2026") << text(procedure);
    if (has_code(procedure, "J0013")) EXPECT_GE(start, "2026") << text(procedure);
    before += has_code(procedure, "S0013") ? 1 : 0;
    after += has_code(procedure, "J0013") ? 1 : 0;
    EXPECT_THAT(text(procedure), Not(HasSubstr("\"system\":\"http://www.ama-assn.org/go/cpt\","
                                               "\"code\":\"90837\",\"display\"")));
  });
  EXPECT_GT(before, 0);
  EXPECT_GT(after, 0);
}

TEST_F(Traps, T13ScalesWithoutALoincCodeHaveALocalOne) {
  int local = 0;
  for_each("Observation", [&](const Value& observation) {
    for (const auto* code : {"madrs-total", "ybocs-total", "cadss6-total"}) {
      if (!has_code(observation, code)) continue;
      ++local;
      const auto* coding = observation.find("code")->find("coding");
      for (const auto& one : coding->items()) EXPECT_NE(one.string("system"), "http://loinc.org");
    }
  });
  EXPECT_GT(local, 10);
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

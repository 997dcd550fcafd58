#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir/definitions/profiles.h"
#include "fhir/validate/profile.h"
#include "tests/unit/fhir/validate/findings_of.h"

namespace kap::fhir::validate {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

constexpr std::string_view kUsCore = "http://hl7.org/fhir/us/core/StructureDefinition/";

const Validator& validator() {
  static const Validator instance;
  return instance;
}

std::vector<std::string> errors(std::string_view text, const ValidateOptions& options = {}) {
  return errors_of(validator(), text, options);
}

/// A Patient that claims a profile, with members that follow after a comma.
std::string patient(std::string_view profile, std::string_view members) {
  return fmt::format(R"({{"resourceType":"Patient","meta":{{"profile":["{}"]}}{}{}}})", profile,
                     members.empty() ? "" : ",", members);
}

constexpr std::string_view kGoodPatient =
    R"("identifier":[{"system":"urn:a","value":"b"}],"name":[{"family":"c"}],"gender":"male")";

std::string blood_pressure(std::string_view components) {
  return fmt::format(R"({{"resourceType":"Observation","status":"final",
      "meta":{{"profile":["{}us-core-blood-pressure"]}},
      "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category",
      "code":"vital-signs"}}]}}],
      "code":{{"coding":[{{"system":"http://loinc.org","code":"85354-9"}}]}},
      "subject":{{"reference":"Patient/a"}},"effectiveDateTime":"2026-01-02",
      "component":[{}]}})",
                     kUsCore, components);
}

std::string component(std::string_view code, std::string_view unit) {
  return fmt::format(R"({{"code":{{"coding":[{{"system":"http://loinc.org","code":"{}"}}]}},
      "valueQuantity":{{"value":1,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"{}"}}}})",
                     code, unit);
}

TEST(Profiles, AllOfTheTablesAreReadAndTheirConstraintsCompile) {
  int read = 0;
  for (const definitions::ProfileDef& def : definitions::all_profiles()) {
    EXPECT_NE(read_profile(def), nullptr);
    const auto* later = definitions::find_profile(std::string(def.url) + "|7.0.0");
    if (later != nullptr) EXPECT_NE(read_profile(*later), nullptr);
    ++read;
  }
  EXPECT_GT(read, 450);
}

TEST(Profiles, AreThoseThatTheResourceClaims) {
  const std::string url = std::string(kUsCore) + "us-core-patient";
  EXPECT_THAT(errors(patient(url, kGoodPatient)), IsEmpty());
  EXPECT_THAT(errors(patient(url, "")),
              ElementsAre("required Patient.identifier", "required Patient.name",
                          "required Patient.gender"));
  EXPECT_THAT(errors(patient(std::string(kUsCore) + "us-core-goal", kGoodPatient)),
              ElementsAre("invalid Patient.meta.profile[0]"));
}

TEST(Profiles, OfAnUnknownNameAreNotCheckedAndSaidSo) {
  const auto document = json::parse(patient("http://example.org/p|2", ""));
  const Report report = validator().validate(*document);
  EXPECT_FALSE(report.has_errors());
  EXPECT_THAT(report.findings.back().issue.diagnostics, HasSubstr("http://example.org/p|2"));
  EXPECT_EQ(report.findings.back().issue.severity, IssueSeverity::kWarning);
}

TEST(Profiles, WithoutAVersionAreThoseOfUsCore6) {
  // 7.0.0 has a profile that 6.1.0 has not, and takes a value set away from another.
  EXPECT_EQ(definitions::find_profile(std::string(kUsCore) + "us-core-patient")->version, "6.1.0");
  EXPECT_EQ(definitions::find_profile(std::string(kUsCore) + "us-core-patient|7.0.0")->version,
            "7.0.0");
  EXPECT_EQ(definitions::find_profile(std::string(kUsCore) + "us-core-patient|5.0.1"), nullptr);
  EXPECT_THAT(findings_of(validator(), patient(std::string(kUsCore) + "us-core-patient|5.0.1", "")),
              Contains("warning not-found Patient.meta.profile[0]"));
}

TEST(Profiles, AreThoseThatTheCallAndTheConfigurationName) {
  const std::vector<std::string> profiles = {std::string(kUsCore) + "us-core-patient"};
  const std::string text = R"({"resourceType":"Patient"})";
  EXPECT_THAT(errors(text), IsEmpty());
  EXPECT_THAT(errors(text, {.profiles = profiles}), Contains("required Patient.name"));
  const Validator configured({.profiles = profiles});
  EXPECT_THAT(errors_of(configured, text), Contains("required Patient.name"));
  EXPECT_THAT(errors_of(configured, R"({"resourceType":"Basic","code":{"text":"x"}})"), IsEmpty());
}

TEST(Profiles, StateConstraints) {
  EXPECT_THAT(errors(patient(std::string(kUsCore) + "us-core-patient",
                             R"("identifier":[{"system":"urn:a","value":"b"}],
                                "name":[{"use":"usual"}],"gender":"male")")),
              ElementsAre("invariant Patient.name[0] us-core-6"));
}

TEST(Slices, AreToldApartByPatternsAndCounted) {
  const std::string systolic = component("8480-6", "mm[Hg]");
  const std::string diastolic = component("8462-4", "mm[Hg]");
  EXPECT_THAT(errors(blood_pressure(systolic + "," + diastolic)), IsEmpty());
  EXPECT_THAT(errors(blood_pressure(systolic)), IsSupersetOf({"required Observation.component"}));
  EXPECT_THAT(errors(blood_pressure(systolic + "," + diastolic + "," + diastolic)),
              ElementsAre("structure Observation.component"));
  EXPECT_THAT(errors(blood_pressure(systolic + "," + component("8462-4", "kPa"))),
              Contains("value Observation.component[1].value.ofType(Quantity).code"));
}

TEST(VitalSigns, OfR4AreWarningsUnlessTheyAreClaimed) {
  const auto observation = [](std::string_view meta) {
    return fmt::format(R"({{"resourceType":"Observation","status":"final"{},
        "code":{{"coding":[{{"system":"http://loinc.org","code":"8867-4"}}]}}}})",
                       meta);
  };
  EXPECT_THAT(findings_of(validator(), observation("")),
              Contains("warning required Observation.category"));
  EXPECT_THAT(errors(observation("")), IsEmpty());
  EXPECT_THAT(errors(observation(R"(,"meta":{"profile":[
                  "http://hl7.org/fhir/StructureDefinition/heartrate"]})")),
              Contains("required Observation.category"));
  // Derived from it: what it says is checked once.
  const auto found = findings_of(validator(), observation(R"(,"meta":{"profile":[
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-heart-rate"]})"));
  EXPECT_THAT(found, Contains("error required Observation.category"));
  EXPECT_THAT(found, Not(Contains("warning required Observation.category")));
}

TEST(Targets, OfReferencesAreThoseOfTheProfile) {
  EXPECT_THAT(errors(fmt::format(R"({{"resourceType":"DocumentReference","status":"current",
      "meta":{{"profile":["{}us-core-documentreference"]}},"type":{{"coding":[
      {{"system":"http://loinc.org","code":"34133-9"}}]}},
      "category":[{{"text":"b"}}],"subject":{{"reference":"Patient/a"}},
      "content":[{{"attachment":{{"contentType":"text/plain","url":"http://a"}}}}],
      "context":{{"encounter":[{{"reference":"EpisodeOfCare/a"}}]}}}})",
                                 kUsCore)),
              ElementsAre("invalid DocumentReference.context.encounter[0].reference"));
}

TEST(Targets, WithinTheBundleMeetTheirProfiles) {
  const auto bundle = [](std::string_view members) {
    return fmt::format(
        R"({{"resourceType":"Bundle","type":"collection","entry":[
        {{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":
        {{"resourceType":"Patient"{}}}}},
        {{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1","resource":
        {{"resourceType":"Coverage","status":"active","meta":{{"profile":["{}us-core-coverage"]}},
        "relationship":{{"text":"self"}},"identifier":[{{"type":{{"coding":[{{"code":"MB",
        "system":"http://terminology.hl7.org/CodeSystem/v2-0203"}}]}},"value":"1"}}],
        "payor":[{{"display":"x"}}],
        "beneficiary":{{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}}}}}}]}})",
        members, kUsCore);
  };
  EXPECT_THAT(errors(bundle("," + std::string(kGoodPatient))), IsEmpty());
  EXPECT_THAT(errors(bundle("")), ElementsAre("structure Bundle.entry[1].resource.beneficiary"));
}

TEST(Extensions, HaveTheTypesAndThePartsOfTheirDefinitions) {
  const auto with = [](std::string_view extension) {
    return fmt::format(R"({{"resourceType":"Patient","extension":[{}]}})", extension);
  };
  const std::string race = std::string(kUsCore) + "us-core-race";
  EXPECT_THAT(errors(with(fmt::format(R"({{"url":"{}","extension":[
                  {{"url":"text","valueString":"x"}}]}})",
                                      race))),
              IsEmpty());
  EXPECT_THAT(errors(with(fmt::format(R"({{"url":"{}","extension":[
                  {{"url":"text","valueCode":"x"}},{{"url":"text","valueString":"x"}}]}})",
                                      race))),
              IsSupersetOf({"structure Patient.extension[0].extension",
                            "structure Patient.extension[0].extension[0].value.ofType(code)"}));
  EXPECT_THAT(errors(with(fmt::format(R"({{"url":"{}","valueString":"x"}})", race))),
              IsSupersetOf({"structure Patient.extension[0].value"}));
}

TEST(Extensions, StandWhereTheyMayAndAreKnown) {
  EXPECT_THAT(errors(R"({"resourceType":"Patient","name":[{"family":"x","extension":[{
                  "url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                  "valueAddress":{"text":"y"}}]}]})"),
              ElementsAre("extension Patient.name[0]"));
  EXPECT_THAT(errors(R"({"resourceType":"Patient","_birthDate":{"extension":[{
                  "url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                  "valueDateTime":"2020-01-01T01:01:01Z"}]},"name":[{"family":"x","_family":{
                  "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/humanname-own-name",
                  "valueString":"y"}]}}]})"),
              IsEmpty());
  EXPECT_THAT(findings_of(validator(), R"({"resourceType":"Patient","extension":[
                  {"url":"http://example.org/e","valueString":"x"}],"modifierExtension":[
                  {"url":"http://example.org/m","valueString":"x"}]})"),
              IsSupersetOf({"information extension Patient.extension[0]",
                            "error extension Patient.modifierExtension[0]"}));
}

}  // namespace
}  // namespace kap::fhir::validate

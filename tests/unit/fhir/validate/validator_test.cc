#include "fhir/validate/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "fhir/json/parse.h"
#include "tests/unit/fhir/validate/findings_of.h"

namespace kap::fhir::validate {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

const Validator& validator() {
  static const Validator instance;
  return instance;
}

std::vector<std::string> check(std::string_view text, const ValidateOptions& options = {}) {
  return findings_of(validator(), text, options);
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

TEST(Invariants, ThatNegateWhatIsNotThereHold) {
  EXPECT_THAT(check(R"({"resourceType":"Bundle","type":"collection",
                        "entry":[{"resource":{"resourceType":"Patient"}}]})"),
              testing::ElementsAre("warning invariant Bundle.entry[0].resource dom-6"));
}

TEST(Invariants, KnowTheResourceAndItsContainer) {
  EXPECT_THAT(check(R"({"resourceType":"Observation","status":"final","code":{"coding":[
      {"system":"http://loinc.org","code":"1"}]},"valueString":"x","component":[{"code":{"coding":[
      {"system":"http://loinc.org","code":"1"}]},"valueString":"y"}]})"),
              Contains("error invariant Observation obs-7"));
}

TEST(Bindings, RequiredRefuseAndExtensibleWarn) {
  const auto found = check(R"({"resourceType":"Encounter","status":"finished",
      "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"NONE"},
      "participant":[{"type":[{"coding":[{"system":"http://example.org","code":"x"}]}]}]})");
  EXPECT_THAT(found,
              testing::IsSupersetOf({"warning code-invalid Encounter.class",
                                     "warning code-invalid Encounter.participant[0].type[0]"}));
  EXPECT_THAT(check(R"({"resourceType":"Encounter","status":"over","class":{"code":"AMB",
      "system":"http://terminology.hl7.org/CodeSystem/v3-ActCode"}})"),
              testing::IsSupersetOf({"error code-invalid Encounter.status"}));
}

TEST(Bindings, OfSystemsThatAreNotHereWarn) {
  EXPECT_THAT(check(R"({"resourceType":"Patient","communication":[{"language":{"coding":[
                        {"system":"urn:ietf:bcp:47","code":"xx"}]}}]})"),
              Not(Contains(testing::HasSubstr("communication"))));
  EXPECT_THAT(check(R"({"resourceType":"Consent","status":"active","scope":{"text":"a"},
      "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
      "policyRule":{"text":"b"},"patient":{"display":"c"},
      "provision":{"class":[{"system":"http://hl7.org/fhir/resource-types","code":"X"}]}})"),
              Contains("warning code-invalid Consent.provision.class[0]"));
}

TEST(Bindings, NoneIsNeededToKnowThatACodeSystemHasNoSuchCode) {
  EXPECT_THAT(check(R"({"resourceType":"Basic","code":{"coding":[
      {"system":"http://hl7.org/fhir/observation-status","code":"finished"},
      {"system":"http://hl7.org/fhir/observation-status","code":"Final"},
      {"system":"http://hl7.org/fhir/observation-status","code":"final"},
      {"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"},
      {"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"NONE"},
      {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"mr"},
      {"system":"http://loinc.org","code":"x"}]}})"),
              testing::IsSupersetOf({"error not-found Basic.code.coding[0].code",
                                     "error not-found Basic.code.coding[1].code",
                                     "warning not-found Basic.code.coding[4].code"}));
}

TEST(Datatypes, AreHeldAgainstTheTextOfR4) {
  EXPECT_THAT(check(R"({"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986",
                        "value":"1234"}],"photo":[{"contentType":"image/png","data":"AAAA",
                        "size":4}]})"),
              testing::IsSupersetOf({"error value Patient.identifier[0].value",
                                     "error value Patient.photo[0].size"}));
}

TEST(Definitions, KeepTheKindOfWhatTheyConstrain) {
  EXPECT_THAT(check(R"({"resourceType":"StructureDefinition","url":"http://example.org/sd",
                        "name":"Example","status":"draft","kind":"complex-type","abstract":false,
                        "type":"Composition","derivation":"constraint",
                        "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Composition"})"),
              testing::Contains("error value StructureDefinition.kind"));
}

TEST(Bundles, HaveFullUrlsThatNameTheirResources) {
  EXPECT_THAT(check(R"({"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"http://example.org/Patient/1","resource":{"resourceType":"Patient","id":"2"}},
      {"fullUrl":"Patient/1","resource":{"resourceType":"Patient","id":"1"}},
      {"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
       "resource":{"resourceType":"Patient","id":"3"}}]})"),
              testing::IsSupersetOf({"error invalid Bundle.entry[0].fullUrl",
                                     "error invalid Bundle.entry[1].fullUrl"}));
}

TEST(Findings, HaveAPositionInTheText) {
  const std::string text = "{\"resourceType\":\"Patient\",\n\"contact\":[{\"gender\":\"male\"}]}";
  const auto document = json::parse(text);
  const Report report = validator().validate(*document, {.source = text});
  EXPECT_EQ(report.findings.back().issue.position, (SourcePosition{.line = 2, .column = 12}));
}

TEST(Findings, StopAtTheirLimitAndSayHow) {
  std::string text = R"({"resourceType":"Patient","contact":[{"gender":"male"})";
  for (int i = 0; i < 500; ++i) text += R"(,{"gender":"male"})";
  const auto document = json::parse(text + "]}");
  const Report report = validator().validate(*document, {.max_issues = 3});
  EXPECT_TRUE(report.has_errors());
  EXPECT_EQ(report.to_outcome().issues().size(), 3);
  EXPECT_EQ(report.to_outcome().category(), Category::kUnprocessable);
}

TEST(Threads, ShareOneValidator) {
  const Validator shared;
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> found(4);
  for (auto& lines : found) {
    threads.emplace_back([&] {
      lines = findings_of(shared, R"({"resourceType":"Observation","status":"final","meta":{
          "profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure"]},
          "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]}})");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found[0], Not(IsEmpty()));
  for (const auto& lines : found) EXPECT_EQ(lines, found[0]);
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

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fhir/json/parse.h"
#include "fhir/validate/definitions.h"
#include "fhir/validate/inspection.h"
#include "fhir/validate/profile.h"

/// Profiles as the tables write them, held against small resources.
namespace kap::fhir::validate {
namespace {

bool conforms(std::string_view type, std::string_view rules, std::string_view json) {
  static const Definitions kDefinitions({});
  const definitions::ProfileDef def{.url = "http://example.org/p",
                                    .version = "1",
                                    .package = "p#1",
                                    .type = type,
                                    .name = "P",
                                    .base = {},
                                    .contexts = {},
                                    .rules = rules};
  const auto profile = read_profile(def);
  const auto document = json::parse(json);
  EXPECT_TRUE(document) << document.error().summary();
  Findings findings(10, {});
  Inspection inspection(kDefinitions, {}, findings);
  return inspection.conforms(*profile,
                             Node{.value = &document->root, .type = definitions::find_type(type)},
                             Place{.parent = nullptr, .name = type, .of_type = {}});
}

constexpr std::string_view kNames =
    "name\t\t\t\t\t\topen ordered value:use\n"
    "name:official\t1\t1\t\t\t\t\n"
    "name:official.use\t1\t\t\t\tfixed \"official\"\t\n"
    "name:nickname\t0\t2\t\t\t\t\n"
    "name:nickname.use\t1\t\t\t\tfixed \"nickname\"\t\n";

std::string names(std::string_view uses) {
  std::string list;
  while (!uses.empty()) {
    const std::string_view use = uses.substr(0, uses.find(' '));
    uses.remove_prefix(std::min(use.size() + 1, uses.size()));
    list.append(list.empty() ? "" : ",").append(R"({"use":")").append(use).append("\"}");
  }
  return R"({"resourceType":"Patient","name":[)" + list + "]}";
}

TEST(Slicing, CountsAndKeepsTheOrder) {
  EXPECT_TRUE(conforms("Patient", kNames, names("official nickname")));
  EXPECT_TRUE(conforms("Patient", kNames, names("usual official nickname nickname")));
  EXPECT_FALSE(conforms("Patient", kNames, names("nickname official")));
  EXPECT_FALSE(conforms("Patient", kNames, names("nickname")));
  EXPECT_FALSE(conforms("Patient", kNames, names("official official")));
  EXPECT_FALSE(conforms("Patient", kNames, names("official nickname nickname nickname")));
  EXPECT_FALSE(conforms("Patient", kNames, R"({"resourceType":"Patient"})"));
}

TEST(Slicing, ClosedTakesNoOtherAndOpenAtEndOnlyThere) {
  const std::string tail(kNames.substr(kNames.find('\n') + 1));
  const std::string closed = "name\t\t\t\t\t\tclosed value:use\n" + tail;
  const std::string at_end = "name\t\t\t\t\t\topenAtEnd value:use\n" + tail;
  EXPECT_TRUE(conforms("Patient", closed, names("nickname official")));
  EXPECT_FALSE(conforms("Patient", closed, names("official usual")));
  EXPECT_TRUE(conforms("Patient", at_end, names("official usual")));
  EXPECT_FALSE(conforms("Patient", at_end, names("usual official")));
}

TEST(Slicing, TellsByType) {
  const std::string_view rules =
      "value[x]\t\t\t\t\t\tclosed type:$this\n"
      "value[x]:valueString\t1\t1\tstring\t\t\t\n";
  const std::string head = R"({"resourceType":"Observation",)";
  EXPECT_TRUE(conforms("Observation", rules, head + R"("valueString":"x"})"));
  EXPECT_FALSE(conforms("Observation", rules, head + R"("valueInteger":1})"));
}

TEST(Slicing, TellsByExistence) {
  const std::string_view rules =
      "telecom\t\t\t\t\t\topen exists:period\n"
      "telecom:dated\t1\t1\t\t\t\t\n"
      "telecom:dated.period\t1\t\t\t\t\t\n"
      "telecom:undated\t0\t1\t\t\t\t\n"
      "telecom:undated.period\t\t0\t\t\t\t\n";
  const auto with = [&](std::string_view telecom) {
    return conforms("Patient", rules,
                    R"({"resourceType":"Patient","telecom":[)" + std::string(telecom) + "]}");
  };
  EXPECT_TRUE(with(R"({"period":{"start":"2020"}},{"value":"1"})"));
  EXPECT_FALSE(with(R"({"value":"1"})"));
  EXPECT_FALSE(with(R"({"period":{"start":"2020"}},{"value":"1"},{"value":"2"})"));
}

TEST(Slicing, TellsByWhatIsReferredTo) {
  const std::string_view rules =
      "performer\t\t\t\t\t\topen type:resolve()\n"
      "performer:person\t1\t1\tReference(Practitioner)\t\t\t\n";
  EXPECT_TRUE(conforms("Observation", rules, R"({"resourceType":"Observation","performer":[
      {"reference":"Organization/a"},{"reference":"Practitioner/a"}]})"));
  EXPECT_FALSE(conforms("Observation", rules, R"({"resourceType":"Observation","performer":[
      {"reference":"Organization/a"}]})"));
  EXPECT_TRUE(conforms("Observation", rules, R"({"resourceType":"Observation","contained":[
      {"resourceType":"Practitioner","id":"p"}],"performer":[{"reference":"#p"}]})"));
}

TEST(Slicing, TellsByRequiredBindingAndByExtension) {
  const std::string_view rules =
      "contact\t\t\t\t\t\topen value:gender\n"
      "contact:any\t1\t1\t\t\t\t\n"
      "contact:any.gender\t\t\t\trequired "
      "http://hl7.org/fhir/ValueSet/administrative-gender\t\t\n";
  EXPECT_TRUE(conforms("Patient", rules, R"({"contact":[{"gender":"male"}]})"));
  EXPECT_FALSE(conforms("Patient", rules, R"({"contact":[{"gender":"none"}]})"));
  const std::string_view extended =
      "identifier\t\t\t\t\t\topen value:extension('http://e').value\n"
      "identifier:a\t1\t1\t\t\t\t\n"
      "identifier:a.extension\t\t\t\t\t\topen value:url\n"
      "identifier:a.extension:e\t1\t1\t\t\t\t\n"
      "identifier:a.extension:e.url\t\t\t\t\tfixed \"http://e\"\t\n"
      "identifier:a.extension:e.value[x]\t1\t\t\t\tfixed \"x\"\t\n";
  EXPECT_TRUE(conforms("Patient", extended, R"({"identifier":[{"extension":[
      {"url":"http://e","valueString":"x"}]},{"value":"1"}]})"));
  EXPECT_FALSE(conforms("Patient", extended, R"({"identifier":[{"extension":[
      {"url":"http://e","valueString":"y"}]}]})"));
}

TEST(Values, AreFixedOrHaveAPattern) {
  const std::string_view fixed = "maritalStatus\t\t\t\t\tfixed {\"text\":\"x\"}\t\n";
  const std::string_view pattern =
      "maritalStatus\t\t\t\t\tpattern {\"coding\":[{\"code\":\"x\"}]}\t\n";
  EXPECT_TRUE(conforms("Patient", fixed, R"({"maritalStatus":{"text":"x"}})"));
  EXPECT_FALSE(conforms("Patient", fixed, R"({"maritalStatus":{"text":"x","id":"1"}})"));
  EXPECT_TRUE(conforms("Patient", fixed, R"({})"));
  EXPECT_TRUE(conforms("Patient", pattern, R"({"maritalStatus":{"text":"y","coding":[
      {"code":"z"},{"code":"x","system":"urn:s"}]}})"));
  EXPECT_FALSE(conforms("Patient", pattern, R"({"maritalStatus":{"coding":[{"code":"z"}]}})"));
}

TEST(Bindings, OfMaximumRefuseEvenExtensible) {
  const std::string_view rules =
      "maritalStatus\t\t\t\textensible http://hl7.org/fhir/ValueSet/marital-status max "
      "http://hl7.org/fhir/ValueSet/administrative-gender\t\t\n";
  EXPECT_FALSE(conforms("Patient", rules, R"({"maritalStatus":{"coding":[{"code":"M",
      "system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"}]}})"));
  EXPECT_TRUE(conforms("Patient", rules, R"({"maritalStatus":{"coding":[{"code":"male",
      "system":"http://hl7.org/fhir/administrative-gender"}]}})"));
}

TEST(Types, AreNarrowedAndMeetTheirProfiles) {
  const std::string_view rules = "value[x]\t\t\tQuantity{MoneyQuantity}\t\t\t\n";
  EXPECT_FALSE(conforms("Observation", rules, R"({"valueString":"x"})"));
  EXPECT_TRUE(conforms("Observation", rules, R"({"valueQuantity":{"value":1,"code":"USD",
      "system":"urn:iso:std:iso:4217"}})"));
  EXPECT_FALSE(conforms("Observation", rules, R"({"valueQuantity":{"value":1,"code":"USD",
      "system":"urn:other"}})"));
}

}  // namespace
}  // namespace kap::fhir::validate

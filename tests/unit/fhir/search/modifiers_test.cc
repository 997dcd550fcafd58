// Modifiers of R4 against resources: http://hl7.org/fhir/R4/search.html#modifiers

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/match.h"
#include "fhir/terminology/terminology.h"

namespace kap::fhir::search {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kSystem = R"({"resourceType":"CodeSystem","url":"http://example.org/s",
  "content":"complete","concept":[{"code":"animal","concept":[{"code":"dog","concept":[{"code":"pug"}]},
  {"code":"cat"}]},{"code":"plant"}]})";
constexpr std::string_view kValueSet = R"({"resourceType":"ValueSet","url":"http://example.org/v",
  "compose":{"include":[{"system":"http://example.org/s","concept":[{"code":"dog"},{"code":"cat"}]}]}})";
constexpr std::string_view kOpen = R"({"resourceType":"ValueSet","url":"http://example.org/open",
  "compose":{"include":[{"system":"http://loinc.org"}]}})";

const terminology::Terminology& terminology_here() {
  static const terminology::Terminology kAll = [] {
    terminology::Terminology all;
    EXPECT_TRUE(all.add(kSystem, "system"));
    EXPECT_TRUE(all.add(kValueSet, "set"));
    EXPECT_TRUE(all.add(kOpen, "open"));
    return all;
  }();
  return kAll;
}

constexpr std::string_view kCondition = R"({"resourceType":"Condition","id":"c1",
  "subject":{"reference":"Patient/p1"},
  "identifier":[{"type":{"coding":[{"system":"urn:t","code":"MR"}],"text":"Chart number"},
                 "system":"urn:mrn","value":"A|1"}],
  "code":{"coding":[{"system":"http://example.org/s","code":"dog","display":"Großer Hund"}],
          "text":"Bitten by a dog"}})";
constexpr std::string_view kBare = R"({"resourceType":"Condition","id":"c2",
  "subject":{"reference":"Patient/p1"},"code":{"text":"Only text"}})";
constexpr std::string_view kResponse = R"({"resourceType":"QuestionnaireResponse","id":"r",
  "status":"completed","questionnaire":"http://example.org/q|1.2.3"})";

Result<Query> parse(std::string_view type, const std::string& name, const std::string& value,
                    const terminology::Terminology* terms = &terminology_here()) {
  return parse_query(type, Pairs{{name, value}},
                     QueryOptions{.handling = Handling::kStrict, .terminology = terms});
}

bool finds(std::string_view resource, const std::string& name, const std::string& value) {
  const auto document = json::parse(resource);
  const auto entries = extract(document->root, Composites::kExtract);
  const auto query = parse(document->root.string("resourceType"), name, value);
  EXPECT_TRUE(query.has_value()) << name << "=" << value << ": "
                                 << (query ? "" : query.error().summary());
  return query &&
         matches(Candidate{.id = document->root.string("id"), .entries = *entries}, *query);
}

struct Row {
  std::string_view resource;
  const char* name;
  const char* value;
  bool expected;
};

TEST(Modifiers, FindWhatR4Says) {
  const Row rows[] = {
      {kCondition, "code:text", "grosser", true},
      {kCondition, "code:text", "hund", true},
      {kCondition, "code:text", "BITTEN by", true},
      {kCondition, "code:text", "cat", false},
      {kCondition, "code", "Bitten by a dog", false},
      {kBare, "code:text", "only", true},
      {kBare, "code:missing", "false", true},
      {kBare, "code:not", "dog", true},
      {kCondition, "identifier:text", "chart", true},
      {kCondition, "identifier:of-type", "urn:t|MR|A\\|1", true},
      {kCondition, "identifier:of-type", "urn:t|MR|A", false},
      {kCondition, "identifier:of-type", "urn:mrn|MR|A\\|1", false},
      {kCondition, "identifier", "urn:mrn|A\\|1", true},
      {kCondition, "code:in", "http://example.org/v", true},
      {kCondition, "code:not-in", "http://example.org/v", false},
      {kBare, "code:in", "http://example.org/v", false},
      {kBare, "code:not-in", "http://example.org/v", true},
      {kCondition, "code:below", "http://example.org/s|animal", true},
      {kCondition, "code:below", "http://example.org/s|dog", true},
      {kCondition, "code:below", "http://example.org/s|pug", false},
      {kCondition, "code:above", "http://example.org/s|pug", true},
      {kCondition, "code:above", "http://example.org/s|dog", true},
      {kCondition, "code:above", "http://example.org/s|animal", false},
      {kCondition, "code:below", "http://example.org/s|plant,http://example.org/s|animal", true},
      {kResponse, "questionnaire", "http://example.org/q", true},
      {kResponse, "questionnaire", "http://example.org/q|1.2.3", true},
      {kResponse, "questionnaire", "http://example.org/q|1.2", false},
      {kResponse, "questionnaire:below", "http://example.org/q|1.2", true},
      {kResponse, "questionnaire:below", "http://example.org/q|1.20", false},
      {kResponse, "questionnaire:above", "http://example.org/q|1.2.3.4", true},
      {kResponse, "questionnaire:above", "http://example.org/q|1.2", false},
  };
  for (const Row& row : rows)
    EXPECT_EQ(finds(row.resource, row.name, row.value), row.expected)
        << row.name << "=" << row.value;
}

TEST(Modifiers, WhatIsNotHereIsRefusedWithItsReason) {
  const struct {
    const char* type;
    const char* name;
    const char* value;
    const char* reason;
  } rows[] = {
      {"Condition", "code:in", "http://example.org/none", "value set is not here"},
      {"Condition", "code:in", "http://example.org/open", "value set is not here"},
      {"Condition", "code:not-in", "ValueSet/x", "canonical URL"},
      {"Condition", "code:below", "http://snomed.info/sct|404684003", "hierarchy"},
      {"Condition", "code:below", "http://example.org/s|unicorn", "no such code"},
      {"Condition", "code:above", "dog", "system|code"},
      {"Condition", "identifier:of-type", "MR|1", "system|code|value"},
      {"Condition", "code:text", "", "empty"},
      {"Condition", "subject:below", "Patient/p1", "no hierarchy"},
      {"Encounter", "location:below", "l1,l2", ""},
      {"QuestionnaireResponse", "questionnaire:below", "http://example.org/q", "version"},
      {"Patient", "family:text", "x", "not supported here"},
  };
  for (const auto& row : rows) {
    const auto query = parse(row.type, row.name, row.value);
    if (std::string(row.reason).empty()) {
      EXPECT_TRUE(query.has_value()) << row.name;
      continue;
    }
    ASSERT_FALSE(query.has_value()) << row.name << "=" << row.value;
    EXPECT_NE(query.error().summary().find(row.reason), std::string::npos)
        << query.error().summary();
  }
  EXPECT_FALSE(parse("Condition", "code:in", "http://example.org/v", nullptr).has_value());
}

TEST(Modifiers, AProfileIsFoundWithItsVersionAndWithout) {
  constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p","meta":{
    "profile":["http://example.org/profile|2.0"]}})";
  EXPECT_TRUE(finds(kPatient, "_profile", "http://example.org/profile"));
  EXPECT_TRUE(finds(kPatient, "_profile", "http://example.org/profile\\|2.0"));
  EXPECT_TRUE(finds(kPatient, "_profile", "http://example.org/profile|2.0"));
  EXPECT_FALSE(finds(kPatient, "_profile", "http://example.org/profile|1.0"));
}

TEST(Modifiers, TheValueSetsOfThePackageAreHere) {
  EXPECT_TRUE(finds(R"({"resourceType":"Patient","id":"p","gender":"male"})", "gender:in",
                    "http://hl7.org/fhir/ValueSet/administrative-gender"));
}

TEST(Modifiers, ReferencesAlongAHierarchyNeedOtherResources) {
  const auto query = parse("Encounter", "location:below", "Location/l1");
  ASSERT_TRUE(query.has_value());
  EXPECT_TRUE(query->criteria[0].is_hierarchical());
  EXPECT_NE(part_of_parameter("Organization"), nullptr);
  EXPECT_EQ(part_of_parameter("Patient"), nullptr);
}

}  // namespace
}  // namespace kap::fhir::search

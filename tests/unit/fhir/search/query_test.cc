#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Result<Query> parse(std::string_view type, const Pairs& parameters,
                    Handling handling = Handling::kStrict) {
  return parse_query(type, parameters,
                     QueryOptions{.handling = handling,
                                  .now = Instant(std::chrono::milliseconds(1'000'000'000'000)),
                                  .base_url = "https://gateway.example/fhir"});
}

/// The one value of a query of one parameter.
Value value(std::string_view type, const std::string& name, const std::string& text) {
  const auto query = parse(type, {{name, text}});
  EXPECT_TRUE(query.has_value()) << (query ? "" : query.error().summary());
  if (!query || query->criteria.size() != 1 || query->criteria[0].values.size() != 1) return {};
  return query->criteria[0].values[0];
}

std::string refusal(std::string_view type, const std::string& name, const std::string& text) {
  const auto query = parse(type, {{name, text}});
  if (query.has_value()) return "accepted";
  const Issue& issue = query.error().issues().at(0);
  EXPECT_EQ(issue.expression, name);
  return issue.diagnostics;
}

TEST(ParseQuery, Tokens) {
  const auto full = std::get<TokenValue>(value("Patient", "identifier", "urn:mrn|A\\,1"));
  EXPECT_EQ(full.system, "urn:mrn");
  EXPECT_EQ(full.code, "A,1");
  EXPECT_EQ(std::get<TokenValue>(value("Patient", "gender", "male")).system, std::nullopt);
  EXPECT_EQ(std::get<TokenValue>(value("Patient", "identifier", "|x")).system, "");
  EXPECT_EQ(std::get<TokenValue>(value("Patient", "identifier", "urn:a|")).code, "");
  EXPECT_NE(refusal("Patient", "identifier", "|"), "accepted");
  EXPECT_NE(refusal("Patient", "identifier", "a|b|c"), "accepted");
  EXPECT_NE(refusal("Patient", "identifier", "a\\b"), "accepted");
}

TEST(ParseQuery, DatesSpanTheirPrecision) {
  const auto year = std::get<DateValue>(value("Patient", "birthdate", "ge1970"));
  EXPECT_EQ(year.prefix, Prefix::kGe);
  EXPECT_EQ(year.low, 0);
  EXPECT_EQ(year.high, 365LL * 86'400'000);
  const auto zoned = std::get<DateValue>(value("Observation", "date", "1970-01-01T01:00:00+01:00"));
  EXPECT_EQ(zoned.low, 0);
  EXPECT_EQ(zoned.high, 1000);
  const auto about = std::get<DateValue>(value("Observation", "date", "ap1970-01-01"));
  EXPECT_EQ(about.low, -100'000'000'000);
  for (const char* bad : {"1970-13", "xx1970", "1970-1-1", "1970-01-01T25:00", "", "ge",
                          "1970-01-01T01:00:00 01:00", "19700101", "2001-02-29"})
    EXPECT_NE(refusal("Observation", "date", bad), "accepted") << bad;
}

TEST(ParseQuery, NumbersSpanTheirPrecision) {
  const auto whole = std::get<NumberValue>(value("RiskAssessment", "probability", "100"));
  EXPECT_DOUBLE_EQ(whole.low, 99.5);
  EXPECT_DOUBLE_EQ(whole.high, 100.5);
  const auto exact = std::get<NumberValue>(value("RiskAssessment", "probability", "gt5.40"));
  EXPECT_EQ(exact.prefix, Prefix::kGt);
  EXPECT_DOUBLE_EQ(exact.low, 5.395);
  const auto power = std::get<NumberValue>(value("RiskAssessment", "probability", "1e2"));
  EXPECT_DOUBLE_EQ(power.low, 50);
  for (const char* bad : {"abc", "1,5e", "NaN", "inf", "1e999", "0x10", "--1"})
    EXPECT_NE(refusal("RiskAssessment", "probability", bad), "accepted") << bad;
}

TEST(ParseQuery, QuantitiesKeepUnitAndCanonicalValue) {
  const auto mass = std::get<QuantityValue>(
      value("Observation", "value-quantity", "lt5.4|http://unitsofmeasure.org|mg"));
  EXPECT_EQ(mass.number.prefix, Prefix::kLt);
  EXPECT_EQ(mass.code, "mg");
  ASSERT_TRUE(mass.canonical.has_value());
  EXPECT_DOUBLE_EQ(mass.canonical->value, 0.0054);
  EXPECT_EQ(mass.canonical_code, "g");
  const auto plain = std::get<QuantityValue>(value("Observation", "value-quantity", "5.4"));
  EXPECT_FALSE(plain.canonical.has_value());
  EXPECT_EQ(std::get<QuantityValue>(value("Observation", "value-quantity", "5||mg")).system,
            std::nullopt);
  EXPECT_NE(refusal("Observation", "value-quantity", "5|mg"), "accepted");
}

TEST(ParseQuery, References) {
  const auto typed = std::get<ReferenceValue>(value("Observation", "subject", "Patient/p1"));
  EXPECT_EQ(typed.type, "Patient");
  EXPECT_EQ(typed.id, "p1");
  EXPECT_EQ(std::get<ReferenceValue>(value("Account", "patient", "p1")).type, "Patient");
  EXPECT_EQ(std::get<ReferenceValue>(value("Observation", "subject:Group", "g")).type, "Group");
  const auto own = std::get<ReferenceValue>(
      value("Observation", "subject", "https://gateway.example/fhir/Patient/p1"));
  EXPECT_EQ(own.id, "p1");
  const auto other =
      std::get<ReferenceValue>(value("Observation", "subject", "https://x.example/Patient/p1"));
  EXPECT_EQ(other.url, "https://x.example/Patient/p1");
  EXPECT_NE(refusal("Observation", "subject", "Medication/m"), "accepted");
  EXPECT_NE(refusal("Observation", "subject", "Horse/m"), "accepted");
  EXPECT_NE(refusal("Observation", "subject", "Patient/"), "accepted");
  EXPECT_NE(refusal("Observation", "subject", "../etc"), "accepted");
  EXPECT_NE(refusal("Observation", "subject:Group", "Patient/p"), "accepted");
  EXPECT_NE(refusal("Observation", "subject:Medication", "p"), "accepted");
  EXPECT_EQ(std::get<TokenValue>(value("Observation", "subject:identifier", "urn:x|1")).code, "1");
}

TEST(ParseQuery, ModifiersFitTheirType) {
  EXPECT_EQ(parse("Patient", {{"family:exact", "X"}})->criteria[0].modifier, Modifier::kExact);
  EXPECT_EQ(parse("Patient", {{"gender:not", "male"}})->criteria[0].modifier, Modifier::kNot);
  EXPECT_TRUE(parse("Patient", {{"gender:missing", "true"}})->criteria[0].missing);
  EXPECT_NE(refusal("Patient", "gender:missing", "maybe"), "accepted");
  EXPECT_NE(refusal("Patient", "gender:exact", "male").find(":missing, :not, :text"),
            std::string::npos);
  // What R4 does not define is refused whatever the handling and the parameter.
  for (const auto& [name, text] : Pairs{{"family:text", "x"},
                                        {"family:starts-with", "x"},
                                        {"colour:shade", "red"},
                                        {"_id:exact", "p1"},
                                        {"_sort:desc", "family"},
                                        {"_count:max", "1"},
                                        {"birthdate:exact", "1970"}})
    EXPECT_FALSE(parse("Patient", {{name, text}}, Handling::kLenient).has_value()) << name;
  EXPECT_NE(refusal("Patient", "family:", "x"), "accepted");
  EXPECT_NE(refusal("Patient", "birthdate:not", "1970"), "accepted");
}

TEST(ParseQuery, OrAndRepeats) {
  const auto query = parse("Observation", {{"code", "a,b\\,c"}, {"code", "d"}});
  ASSERT_TRUE(query.has_value());
  ASSERT_EQ(query->criteria.size(), 2U);
  EXPECT_EQ(query->criteria[0].values.size(), 2U);
  EXPECT_NE(refusal("Observation", "code", "a,,b"), "accepted");
}

TEST(ParseQuery, UnknownParametersByHandling) {
  const Pairs parameters{{"familly", "x"}, {"gender", "male"}, {"colour", "red"}};
  const auto strict = parse("Patient", parameters);
  ASSERT_FALSE(strict.has_value());
  ASSERT_EQ(strict.error().issues().size(), 2U);
  EXPECT_NE(strict.error().issues()[0].diagnostics.find("family"), std::string::npos);
  const auto lenient = parse("Patient", parameters, Handling::kLenient);
  ASSERT_TRUE(lenient.has_value());
  EXPECT_EQ(lenient->ignored.size(), 2U);
  EXPECT_EQ(lenient->ignored[0].severity, IssueSeverity::kWarning);
  EXPECT_EQ(lenient->criteria.size(), 1U);
  EXPECT_EQ(lenient->used, (Pairs{{"gender", "male"}}));
  // A malformed value is an error in either case.
  EXPECT_FALSE(parse("Patient", {{"birthdate", "x"}}, Handling::kLenient).has_value());
}

TEST(ParseQuery, WhatR4DefinesIsNeverIgnored) {
  for (const auto& [name, text] : Pairs{{"_text", "x"},
                                        {"_content", "x"},
                                        {"_filter", "name eq x"},
                                        {"_query", "x"},
                                        {"_contained", "true"},
                                        {"_containedType", "contained"},
                                        {"_list", "$current-problems"},
                                        {"_type", "Patient"},
                                        {"age", "5"},
                                        {"_sort", "_text"}}) {
    const auto query = parse("Patient", {{name, text}}, Handling::kLenient);
    ASSERT_FALSE(query.has_value()) << name;
    EXPECT_EQ(query.error().issues().at(0).expression, name);
  }
  EXPECT_FALSE(parse("Location", {{"near", "1|2|3|km"}}, Handling::kLenient).has_value());
  EXPECT_TRUE(parse("Patient", {{"_contained", "false"}, {"_containedType", "container"}}));
}

TEST(ParseQuery, ListsAreReverseChains) {
  const auto query = parse("Patient", {{"_list", "42"}});
  ASSERT_TRUE(query.has_value()) << query.error().summary();
  EXPECT_EQ(query->criteria.at(0).direction, Criterion::Direction::kReverse);
  EXPECT_EQ(query->criteria[0].chains.at(0).type, "List");
}

TEST(ParseQuery, ElementsAndSummaryAreGivenOnce) {
  EXPECT_EQ(parse("Patient", {{"_elements", "name,id"}})->elements.size(), 2U);
  EXPECT_EQ(parse("Patient", {{"_elements", "resourceType,name"}})->elements.size(), 2U);
  EXPECT_FALSE(parse("Patient", {{"_elements", "name"}, {"_summary", "true"}}).has_value());
  EXPECT_FALSE(
      parse("Patient", {{"_summary", "text"}, {"_include", "Patient:organization"}}).has_value());
  EXPECT_FALSE(parse("Patient", {{"_count", "1"}, {"_count", "2"}}).has_value());
  EXPECT_NE(refusal("Patient", "_elements", "colour"), "accepted");
}

TEST(ParseQuery, SeveralTypesTakeWhatAllHave) {
  const std::vector<std::string_view> types{"Observation", "Procedure"};
  const QueryOptions options{.handling = Handling::kStrict};
  const auto query = parse_query(
      types, Pairs{{"_type", "Observation,Procedure"}, {"code", "x"}, {"_sort", "-date"}}, options);
  ASSERT_TRUE(query.has_value()) << query.error().summary();
  EXPECT_EQ(query->type, "Observation");
  ASSERT_EQ(query->others.size(), 1U);
  EXPECT_EQ(query->others[0].type, "Procedure");
  EXPECT_EQ(query->others[0].criteria.size(), 1U);
  EXPECT_EQ(query->others[0].sort.size(), 1U);
  EXPECT_FALSE(parse_query(types, Pairs{{"value-quantity", "1"}}, options).has_value());
  EXPECT_FALSE(parse_query(std::vector<std::string_view>{}, Pairs{}, options).has_value());
}

TEST(ParseQuery, ACompartmentIsACriterion) {
  QueryOptions options{.handling = Handling::kStrict};
  options.compartment = Compartment{.code = "Patient", .id = "p1"};
  const auto query =
      parse_query(std::vector<std::string_view>{"Observation", "Medication"}, Pairs{}, options);
  ASSERT_TRUE(query.has_value()) << query.error().summary();
  EXPECT_EQ(query->type, "Observation");
  EXPECT_TRUE(query->others.empty());  // no Medication is in a patient's compartment
  ASSERT_EQ(query->criteria.size(), 1U);
  EXPECT_EQ(query->criteria[0].direction, Criterion::Direction::kAnyOf);
  EXPECT_GT(query->criteria[0].any_of.size(), 1U);
  EXPECT_FALSE(
      parse_query(std::vector<std::string_view>{"Medication"}, Pairs{}, options).has_value());
}

TEST(ParseQuery, ResultParameters) {
  const auto query = parse("Observation", {{"_count", "100000"},
                                           {"_sort", "-date,status"},
                                           {"_summary", "count"},
                                           {"_total", "accurate"},
                                           {"_format", "json"},
                                           {"_include", "Observation:subject:Patient"},
                                           {"_include:iterate", "Patient:organization"},
                                           {"_revinclude", "Provenance:target"}});
  ASSERT_TRUE(query.has_value()) << query.error().summary();
  EXPECT_EQ(query->count, limits::kSearchMaxCount);
  ASSERT_EQ(query->sort.size(), 2U);
  EXPECT_EQ(query->sort[0].order, SortKey::Order::kDescending);
  EXPECT_EQ(query->summary, Summary::kCount);
  EXPECT_EQ(query->total, Total::kAccurate);
  ASSERT_EQ(query->includes.size(), 3U);
  EXPECT_EQ(query->includes[0].target, "Patient");
  EXPECT_EQ(query->includes[1].iterate, Include::Iterate::kRepeat);
  EXPECT_EQ(query->includes[2].direction, Include::Direction::kRevInclude);
  for (const auto& [name, text] : Pairs{{"_count", "-1"},
                                        {"_count", ""},
                                        {"_count", "ten"},
                                        {"_summary", "maybe"},
                                        {"_sort", ""},
                                        {"_sort", "-"},
                                        {"_include", "Patient:organization"},
                                        {"_include", "Observation:code"},
                                        {"_include", "Observation"},
                                        {"_include", "Observation:subject:Medication"},
                                        {"_revinclude", "Provenance"},
                                        {"_revinclude", "Patient:organization"},
                                        {"_include:recurse", "Observation:subject"}})
    EXPECT_NE(refusal("Observation", name, text), "accepted") << name << "=" << text;
  EXPECT_EQ(parse("Observation", {{"_count", "99999999999999999999999"}})->count,
            limits::kSearchMaxCount);
}

TEST(ParseQuery, ChainsAndReverseChains) {
  const auto chain = parse("Observation", {{"subject:Patient.family", "x"}});
  ASSERT_TRUE(chain.has_value());
  EXPECT_TRUE(chain->criteria[0].is_chained());
  ASSERT_EQ(chain->criteria[0].chains.size(), 1U);
  EXPECT_EQ(chain->criteria[0].chains[0].criterion[0].parameter->code, "family");
  const auto untyped = parse("Observation", {{"subject.name", "x"}});
  ASSERT_TRUE(untyped.has_value());
  EXPECT_GT(untyped->criteria[0].chains.size(), 1U);
  const auto reverse = parse("Patient", {{"_has:Observation:patient:code", "x"}});
  ASSERT_TRUE(reverse.has_value());
  EXPECT_EQ(reverse->criteria[0].direction, Criterion::Direction::kReverse);
  EXPECT_NE(refusal("Patient", "_has:Observation:code:status", "x"), "accepted");
  EXPECT_NE(refusal("Patient", "_has:Observation", "x"), "accepted");
  EXPECT_NE(refusal("Patient", "gender.name", "x"), "accepted");
  EXPECT_NE(refusal("Provenance", "target.focus.focus.focus.focus", "x"), "accepted");
}

TEST(ParseQuery, Composites) {
  const auto found = std::get<CompositeValue>(
      value("Observation", "code-value-quantity", "http://loinc.org|8480-6$gt140"));
  ASSERT_EQ(found.components.size(), 2U);
  EXPECT_EQ(std::get<TokenValue>(found.components[0]).code, "8480-6");
  EXPECT_EQ(std::get<QuantityValue>(found.components[1]).number.prefix, Prefix::kGt);
  EXPECT_NE(refusal("Observation", "code-value-quantity", "8480-6"), "accepted");
}

TEST(ParseQuery, Limits) {
  Pairs many(limits::kSearchParameters + 1, {"gender", "male"});
  EXPECT_FALSE(parse("Patient", many).has_value());
  std::string values = "a";
  for (std::size_t i = 0; i < limits::kSearchOrValues; ++i) values += ",a";
  EXPECT_NE(refusal("Patient", "gender", values), "accepted");
  EXPECT_FALSE(parse("Horse", {}).has_value());
}

TEST(ParseQuery, ARefusalRepeatsNoValue) {
  for (const auto& [name, text] : Pairs{{"birthdate", "Secretname"},
                                        {"identifier", "Secretname\\q"},
                                        {"subject", "Secretname/Secretname"},
                                        {"_count", "Secretname"},
                                        {"_sort", "Secretname 12"}}) {
    const auto query = parse("Observation", {{name, text}});
    if (query.has_value()) continue;
    EXPECT_EQ(query.error().summary().find("Secretname"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace kap::fhir::search

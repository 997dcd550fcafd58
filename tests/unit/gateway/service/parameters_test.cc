#include "gateway/service/parameters.h"

#include <gmock/gmock.h>

#include <array>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/service/operation.h"

namespace kap::gateway::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::array<std::string_view, 1> kTypes{"Patient"};
constexpr std::array kParts{
    OperationParameterDef{.name = "code", .min = 1, .type = "code"},
    OperationParameterDef{.name = "value", .type = "*"},
};
constexpr std::array kDefs{
    OperationParameterDef{.name = "since", .type = "instant"},
    OperationParameterDef{.name = "url", .max = 2, .type = "uri"},
    OperationParameterDef{.name = "coding", .type = "Coding"},
    OperationParameterDef{.name = "resource", .type = "Resource"},
    OperationParameterDef{
        .name = "property", .max = fhir::definitions::kUnbounded, .parts = kParts},
    OperationParameterDef{.name = "return", .use = ParameterUse::kOut, .type = "Bundle"},
};
constexpr OperationDef kOperation{.code = "test", .types = kTypes, .parameters = kDefs};

std::string parameters(std::string_view list) {
  return R"({"resourceType":"Parameters","parameter":[)" + std::string(list) + "]}";
}

/// `expression: diagnostics` of each issue.
std::vector<std::string> faults(const OperationInput& input,
                                const OperationDef& operation = kOperation) {
  const auto parsed = parse_parameters(operation, input);
  std::vector<std::string> texts;
  if (parsed) return texts;
  EXPECT_EQ(parsed.error().category(), Category::kInvalidRequest);
  for (const auto& issue : parsed.error().issues())
    texts.push_back(issue.expression + ": " + issue.diagnostics);
  return texts;
}

TEST(Parameters, AreReadFromAQuery) {
  const Pairs query{{"since", "2026-01-01T00:00:00Z"},
                    {"url", "http://a"},
                    {"_format", "json"},
                    {"coding", "http://loinc.org|8867-4"},
                    {"url", "http://b"}};
  const auto parsed = parse_parameters(kOperation, {.query = query}).value();
  EXPECT_EQ(parsed.text("since"), "2026-01-01T00:00:00Z");
  EXPECT_THAT(parsed.texts("url"), ElementsAre("http://a", "http://b"));
  EXPECT_EQ(parsed.value("coding")->string("system"), "http://loinc.org");
  EXPECT_EQ(parsed.value("coding")->string("code"), "8867-4");
  EXPECT_EQ(parsed.find("property"), nullptr);
}

TEST(Parameters, AreReadFromABodyBesideAQuery) {
  const Pairs query{{"coding", "|x"}, {"url", "http://a"}};
  const auto body = parameters(
      R"({"name":"url","valueString":"http://b"},)"
      R"({"name":"property","part":[{"name":"code","valueCode":"c"},{"name":"value","valueCoding":{"code":"d"}}]},)"
      R"({"name":"resource","resource":{"resourceType":"Patient","id":"1"}})");
  const auto parsed = parse_parameters(kOperation, {.query = query, .body = body}).value();
  EXPECT_THAT(parsed.texts("url"), ElementsAre("http://a", "http://b"));
  EXPECT_EQ(parsed.value("coding")->string("code"), "x");
  ASSERT_EQ(parsed.find("property")->parts.size(), 2U);
  EXPECT_EQ(parsed.find("property")->parts[0].text, "c");
  EXPECT_EQ(parsed.find("property")->parts[1].value.string("code"), "d");
  EXPECT_EQ(parsed.value("resource")->string("id"), "1");
}

TEST(Parameters, TheOnlyResourceMayBeTheBody) {
  const auto parsed =
      parse_parameters(kOperation, {.body = R"({"resourceType":"Patient","id":"1"})"}).value();
  EXPECT_EQ(parsed.value("resource")->string("id"), "1");
}

TEST(Parameters, ARefusalNamesParameterAndType) {
  const Pairs unknown{{"sinc", "x"}};
  EXPECT_THAT(faults({.query = unknown}),
              ElementsAre("sinc: not a parameter of this operation; it takes: since, url, coding, "
                          "resource, property"));
  const Pairs output{{"return", "x"}};
  EXPECT_THAT(faults({.query = output}), ElementsAre(HasSubstr("not a parameter")));
  const Pairs format{{"since", "2026-01-01"}};
  EXPECT_THAT(faults({.query = format}), ElementsAre(HasSubstr("since: since must be")));
  const Pairs complex{{"resource", "x"}, {"property", "x"}};
  EXPECT_THAT(faults({.query = complex}),
              ElementsAre(HasSubstr("resource: a parameter of type Resource cannot stand in a URL"),
                          HasSubstr("property: ")));
  const Pairs often{{"url", "a"}, {"url", "b"}, {"url", "c"}};
  EXPECT_THAT(faults({.query = often}), ElementsAre("url: url is given 3 times; at most 2"));
}

TEST(Parameters, ABodyIsRefusedWithThePlace) {
  const auto at = [](std::string_view list) { return faults({.body = parameters(list)}); };
  EXPECT_THAT(at(R"({"name":"since","valueDate":"2026"})"),
              ElementsAre(HasSubstr("Parameters.parameter[0]: since must be")));
  EXPECT_THAT(at(R"({"name":"coding","valueString":"x"})"),
              ElementsAre("Parameters.parameter[0]: coding must be a Coding: valueCoding"));
  EXPECT_THAT(at(R"({"name":"coding","valueCoding":{"code":1}})"),
              ElementsAre(HasSubstr("Parameters.parameter[0].value.code: ")));
  EXPECT_THAT(at(R"({"name":"coding","valueNonsense":"x"})"), ElementsAre(HasSubstr("datatype")));
  EXPECT_THAT(at(R"({"name":"since"})"), ElementsAre(HasSubstr("none of value[x]")));
  EXPECT_THAT(at(R"({"valueString":"x"})"), ElementsAre(HasSubstr("parameter[0].name: ")));
  EXPECT_THAT(at("7"), ElementsAre(HasSubstr("parameter[0].name: ")));
  EXPECT_THAT(at(R"({"name":"url","valueUri":"a","valueString":"b"})"),
              ElementsAre(HasSubstr("inv-1")));
  EXPECT_THAT(at(R"({"name":"resource","valueString":"x"})"),
              ElementsAre(HasSubstr("must be in `resource`")));
  EXPECT_THAT(at(R"({"name":"resource","resource":{"resourceType":"Nonsense"}})"),
              ElementsAre(HasSubstr("must be a Resource resource")));
  EXPECT_THAT(at(R"({"name":"property","part":[{"name":"x","valueCode":"c"}]})"),
              ElementsAre(HasSubstr("parameter[0].part[0]: not a parameter"),
                          HasSubstr("code (code) must be given")));
  EXPECT_FALSE(parse_parameters(kOperation, {.body = "{"}));
  EXPECT_FALSE(parse_parameters(kOperation, {.body = R"({"resourceType":"Nonsense"})"}));
  EXPECT_FALSE(
      parse_parameters(kOperation, {.body = R"({"resourceType":"Parameters","parameter":1})"}));
}

TEST(Parameters, WhatIsRequiredIsDemanded) {
  static constexpr std::array kRequired{
      OperationParameterDef{.name = "patient", .min = 1, .type = "id"}};
  constexpr OperationDef kDemanding{.code = "test", .types = kTypes, .parameters = kRequired};
  EXPECT_THAT(faults({}, kDemanding), ElementsAre("patient: patient (id) must be given"));
  EXPECT_TRUE(kDemanding.allows_get());
}

TEST(Parameters, OthersAreCriteriaWhereTheOperationSaysSo) {
  constexpr OperationDef kSearching{.code = "test",
                                    .types = kTypes,
                                    .parameters = kDefs,
                                    .others = OtherParameters::kSearchCriteria,
                                    .paging = Paging::kCursor};
  const Pairs query{{"category", "vital-signs"}, {"_cursor", "c"}};
  const auto body =
      parameters(R"({"name":"code","valueCoding":{"system":"http://loinc.org","code":"8867-4"}},)"
                 R"({"name":"patient","valueReference":{"reference":"Patient/1"}})");
  const auto parsed = parse_parameters(kSearching, {.query = query, .body = body}).value();
  EXPECT_THAT(parsed.criteria(),
              ElementsAre(Pair("category", "vital-signs"), Pair("code", "http://loinc.org|8867-4"),
                          Pair("patient", "Patient/1")));
  EXPECT_EQ(parsed.cursor(), "c");
}

TEST(ParametersBuilder, MakesParameters) {
  ParametersBuilder builder;
  builder.add_boolean("result", true);
  builder.add_text("display", "valueString", "x\"y");
  builder.add_integer("n", 3);
  EXPECT_EQ(std::move(builder).finish(),
            R"({"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":true},)"
            R"({"name":"display","valueString":"x\"y"},{"name":"n","valueInteger":3}]})");
}

TEST(Operation, GetNeedsNoEffectAndNoComplexParameter) {
  constexpr OperationDef kReads{.code = "a", .types = kTypes, .parameters = kDefs};
  constexpr OperationDef kWrites{
      .code = "a", .types = kTypes, .effect = Effect::kAffectsState, .parameters = kDefs};
  EXPECT_TRUE(kReads.allows_get());
  EXPECT_FALSE(kWrites.allows_get());
}

}  // namespace
}  // namespace kap::gateway::service

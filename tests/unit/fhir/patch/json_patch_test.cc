#include "fhir/patch/json_patch.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/patch/same_value.h"

namespace kap::fhir::patch {
namespace {

json::Document document(std::string_view text) {
  auto parsed = json::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return std::move(parsed).value();
}

/// The patched text, or `code place` of the refusal.
std::string run(std::string_view target, std::string_view patch, Empties empties = Empties::kKeep) {
  const json::Document before = document(target);
  auto parsed = JsonPatch::parse(document(patch));
  const auto shown = [](const Outcome& outcome) {
    const Issue& issue = outcome.issues().front();
    return std::string(to_code(issue.code)) + ' ' + issue.expression;
  };
  if (!parsed.has_value()) {
    EXPECT_EQ(parsed.error().category(), Category::kInvalidRequest);
    return shown(parsed.error());
  }
  const auto after = parsed->apply(before.root, empties);
  EXPECT_EQ(json::to_text(before.root), json::to_text(document(target).root));
  if (!after.has_value()) {
    EXPECT_EQ(after.error().category(), Category::kUnprocessable);
    return shown(after.error());
  }
  return json::to_text(after->root);
}

TEST(JsonPatch, RunsTheSixOperationsInTheirOrder) {
  EXPECT_EQ(run(R"({"a":[1,2],"b":{"c":"d"}})",
                R"([{"op":"add","path":"/a/0","value":0},{"op":"remove","path":"/a/2"},
                    {"op":"replace","path":"/b/c","value":true},
                    {"op":"move","from":"/b","path":"/e"},{"op":"copy","from":"/a/1","path":"/a/-"},
                    {"op":"test","path":"/e","value":{"c":true}}])"),
            R"({"a":[0,1,1],"e":{"c":true}})");
  EXPECT_EQ(run("{\"a\":1}", R"([{"op":"replace","path":"","value":[2]}])"), "[2]");
  EXPECT_EQ(run("{\"a\":1}", R"([{"op":"move","from":"/a","path":"/a"}])"), "{\"a\":1}");
  EXPECT_EQ(run(R"({"":1,"a/b":2,"m~n":3})", R"([{"op":"remove","path":"/"},
                    {"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"}])"),
            "{}");
}

TEST(JsonPatch, ComparesNumbersByValueAndKeepsTheirText) {
  EXPECT_EQ(run(R"({"v":1.00})", R"([{"op":"test","path":"/v","value":1},
                    {"op":"copy","from":"/v","path":"/w"}])"),
            R"({"v":1.00,"w":1.00})");
  EXPECT_EQ(run(R"({"v":1.00})", R"([{"op":"add","path":"/v","value":2.50}])"), R"({"v":2.50})");
  EXPECT_TRUE(is_same_number("1e2", "100.0"));
  EXPECT_TRUE(is_same_number("-0.0", "0"));
  EXPECT_TRUE(is_same_number("0.0010", "1E-3"));
  EXPECT_TRUE(is_same_number("10e-1", "1"));
  EXPECT_FALSE(is_same_number("1", "-1"));
  EXPECT_FALSE(is_same_number("0.1", "0.01"));
  EXPECT_FALSE(is_same_number("9007199254740993", "9007199254740992"));
  EXPECT_EQ(run(R"({"v":{"a":[1,{"b":null}],"c":"x"}})",
                R"([{"op":"test","path":"/v","value":{"c":"x","a":[1.0,{"b":null}]}}])"),
            R"({"v":{"a":[1,{"b":null}],"c":"x"}})");
  EXPECT_EQ(run(R"({"v":null})", R"([{"op":"test","path":"/v","value":false}])"),
            "conflict patch[0].path");
}

TEST(JsonPatch, RefusesWhatIsNoPatch) {
  EXPECT_EQ(run("{}", "{}"), "structure patch");
  EXPECT_EQ(run("{}", "[1]"), "structure patch[0]");
  EXPECT_EQ(run("{}", R"([{"path":"/a"}])"), "required patch[0].op");
  EXPECT_EQ(run("{}", R"([{"op":"set","path":"/a"}])"), "value patch[0].op");
  EXPECT_EQ(run("{}", R"([{"op":"remove"}])"), "required patch[0].path");
  EXPECT_EQ(run("{}", R"([{"op":"remove","path":1}])"), "required patch[0].path");
  EXPECT_EQ(run("{}", R"([{"op":"remove","path":"a"}])"), "value patch[0].path");
  EXPECT_EQ(run("{}", R"([{"op":"remove","path":"/a~2"}])"), "value patch[0].path");
  EXPECT_EQ(run("{}", R"([{"op":"remove","path":"/a~"}])"), "value patch[0].path");
  EXPECT_EQ(run("{}", R"([{"op":"add","path":"/a"}])"), "required patch[0].value");
  EXPECT_EQ(run("{}", R"([{"op":"copy","path":"/a"}])"), "required patch[0].from");
}

TEST(JsonPatch, RefusesWhatDoesNotFitAndNamesTheOperation) {
  constexpr std::string_view kTarget = R"({"a":[1,2],"s":"text"})";
  EXPECT_EQ(run(kTarget, R"([{"op":"test","path":"/s","value":"text"},
                             {"op":"remove","path":"/b"}])"),
            "not-found patch[1].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"add","path":"/a/3","value":1}])"), "value patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"add","path":"/a/01","value":1}])"), "value patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"add","path":"/a/1e0","value":1}])"), "value patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"add","path":"/a/-1","value":1}])"), "value patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"remove","path":"/a/-"}])"), "not-found patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"remove","path":"/a/00"}])"), "not-found patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"replace","path":"/a/99999999999999999999","value":1}])"),
            "not-found patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"add","path":"/s/x","value":1}])"), "not-found patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"remove","path":""}])"), "business-rule patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"move","from":"/b","path":"/c"}])"), "not-found patch[0].from");
  EXPECT_EQ(run(kTarget, R"([{"op":"move","from":"/a","path":"/a/0"}])"),
            "business-rule patch[0].path");
  EXPECT_EQ(run(kTarget, R"([{"op":"test","path":"/s","value":1}])"), "conflict patch[0].path");
}

TEST(JsonPatch, NeverQuotesAValueOfTheDocumentOrAStrangeName) {
  auto patch = JsonPatch::parse(document(R"([{"op":"remove","path":"/name/Jane Roe/x"}])"));
  ASSERT_TRUE(patch.has_value());
  const auto refused = patch->apply(document(R"({"name":{"x":"Smith"}})").root);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().summary().find("Jane"), std::string::npos);
  EXPECT_NE(refused.error().summary().find("/name"), std::string::npos);
}

TEST(JsonPatch, DropsWhatFhirJsonDoesNotHave) {
  constexpr std::string_view kTarget =
      R"({"resourceType":"Patient","name":[{"given":["A","B"],"_given":[null,{"id":"1"}]}]})";
  EXPECT_EQ(run(kTarget, R"([{"op":"remove","path":"/name/0/_given/1/id"}])", Empties::kDrop),
            R"({"resourceType":"Patient","name":[{"given":["A","B"]}]})");
  EXPECT_EQ(run(kTarget, R"([{"op":"remove","path":"/name/0"}])", Empties::kDrop),
            R"({"resourceType":"Patient"})");
  EXPECT_EQ(run(kTarget, R"([{"op":"remove","path":"/name/0"},
                             {"op":"add","path":"/name/-","value":{"text":"C"}}])",
                Empties::kDrop),
            R"({"resourceType":"Patient","name":[{"text":"C"}]})");
  EXPECT_EQ(run(R"({"_given":[{"id":"1"},{"id":"2"}],"given":[null,null]})",
                R"([{"op":"remove","path":"/_given/0/id"}])", Empties::kDrop),
            R"({"_given":[null,{"id":"2"}],"given":[null,null]})");
}

TEST(JsonPatch, BoundsGrowthAndDepth) {
  std::string doubling = "[";
  for (int i = 0; i < 60; ++i)
    doubling += std::string(i == 0 ? "" : ",") + R"({"op":"copy","from":"","path":"/a)" +
                std::to_string(i) + "\"}";
  EXPECT_TRUE(run(R"({"x":"some text"})", doubling + "]").starts_with("too-costly patch["));
  std::string nesting = "[";
  for (int i = 0; i < 70; ++i)
    nesting += std::string(i == 0 ? "" : ",") + R"({"op":"copy","from":"","path":"/a"})";
  EXPECT_TRUE(run(R"({"x":"some text"})", nesting + "]").starts_with("too-costly patch["));
  std::string many = "[";
  for (std::size_t i = 0; i <= limits::kPatchOperations; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"op":"test","path":"/a","value":1})";
  EXPECT_EQ(run("{}", many + "]"), "too-costly patch");
}

TEST(JsonPatch, IsReadOnceAndAppliedManyTimes) {
  auto patch = JsonPatch::parse(document(R"([{"op":"add","path":"/n","value":[1.50]}])"));
  ASSERT_TRUE(patch.has_value());
  for (int i = 0; i < 3; ++i) {
    const auto after = patch->apply(document("{}").root);
    ASSERT_TRUE(after.has_value());
    EXPECT_EQ(json::to_text(after->root), R"({"n":[1.50]})");
  }
}

}  // namespace
}  // namespace kap::fhir::patch

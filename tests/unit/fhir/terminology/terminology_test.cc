#include "fhir/terminology/terminology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kap::fhir::terminology {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kRoutes = R"({
  "resourceType": "ConceptMap", "url": "http://example.org/ConceptMap/routes",
  "sourceUri": "http://example.org/ValueSet/route", "targetCanonical": "http://x.org/vs|2",
  "group": [{
    "source": "http://example.org/route", "target": "http://x.org/sct",
    "element": [
      {"code": "im", "target": [{"code": "A1", "display": "Muscle", "equivalence": "equivalent"}]},
      {"code": "two", "target": [{"code": "A2", "equivalence": "wider"},
                                 {"code": "A3", "equivalence": "wider"}]},
      {"code": "none", "target": [{"equivalence": "unmatched"}]},
      {"code": "not", "target": [{"code": "A4", "equivalence": "disjoint"}]}
    ]}]})";

std::string with_unmapped(std::string_view url, std::string_view unmapped) {
  return std::string(R"({"resourceType":"ConceptMap","url":")") + std::string(url) +
         R"(","group":[{"source":"http://s","target":"http://t","element":[{"code":"a","target":)"
         R"([{"code":"b","equivalence":"equal"}]},{"code":"u","target":[{"equivalence":)"
         R"("unmatched"}]}],"unmapped":)" +
         std::string(unmapped) + "}]}";
}

std::string problem(const Status& status) {
  if (status) return "accepted";
  const Issue& issue = status.error().issues().front();
  return issue.expression + ": " + issue.diagnostics;
}

class Translate : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(terminology_.add(kRoutes, "routes.json"));
    ASSERT_TRUE(
        terminology_.add(with_unmapped("http://m/provided", R"({"mode":"provided"})"), "p"));
    ASSERT_TRUE(terminology_.add(
        with_unmapped("http://m/fixed", R"({"mode":"fixed","code":"other","display":"Other"})"),
        "f"));
    ASSERT_TRUE(terminology_.add(
        with_unmapped("http://m/other", R"({"mode":"other-map","url":"http://m/fixed"})"), "o"));
    ASSERT_TRUE(terminology_.check());
  }
  Terminology terminology_;
};

TEST_F(Translate, GivesTheOneTarget) {
  const auto found = terminology_.translate("http://example.org/ConceptMap/routes|1.0",
                                            "http://example.org/route", "im");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->system, "http://x.org/sct");
  EXPECT_EQ(found->code, "A1");
  EXPECT_EQ(found->display, "Muscle");
  EXPECT_EQ(found->equivalence, Equivalence::kEquivalent);
  EXPECT_TRUE(terminology_.translate("http://example.org/ConceptMap/routes", "", "im"));
  const ConceptMap* map = terminology_.find_concept_map("http://example.org/ConceptMap/routes");
  EXPECT_EQ(map->source_value_set(), "http://example.org/ValueSet/route");
  EXPECT_EQ(map->target_value_set(), "http://x.org/vs");
}

TEST_F(Translate, RefusesWhatHasNoOneTarget) {
  const auto code_of = [&](std::string_view system, std::string_view code) {
    const auto found = terminology_.translate("http://example.org/ConceptMap/routes", system, code);
    return found ? IssueType::kInformational : found.error().issues().front().code;
  };
  EXPECT_EQ(code_of("", "two"), IssueType::kMultipleMatches);
  EXPECT_EQ(code_of("", "none"), IssueType::kCodeInvalid);
  EXPECT_EQ(code_of("", "not"), IssueType::kCodeInvalid);
  EXPECT_EQ(code_of("", "IM"), IssueType::kCodeInvalid);
  EXPECT_EQ(code_of("http://elsewhere.org", "im"), IssueType::kCodeInvalid);
  const auto unknown = terminology_.translate("http://nowhere", "", "im");
  EXPECT_EQ(unknown.error().category(), Category::kNotFound);
}

TEST_F(Translate, SaysWhatWouldBeRightButNotTheCodeItWasGiven) {
  const auto found = terminology_.translate("http://example.org/ConceptMap/routes", "", "secret");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().summary(), HasSubstr("it translates im, two, none, not"));
  EXPECT_THAT(found.error().summary(), Not(HasSubstr("secret")));
}

TEST_F(Translate, FollowsTheUnmappedMode) {
  const auto code = [&](std::string_view url, std::string_view source) -> std::string {
    const auto found = terminology_.translate(url, "http://s", source);
    return found ? std::string(found->system) + "|" + std::string(found->code) : "refused";
  };
  EXPECT_EQ(code("http://m/provided", "a"), "http://t|b");
  EXPECT_EQ(code("http://m/provided", "zz"), "http://t|zz");
  EXPECT_EQ(code("http://m/fixed", "zz"), "http://t|other");
  EXPECT_EQ(code("http://m/other", "zz"), "http://t|other");
  EXPECT_EQ(code("http://m/provided", "u"), "refused");  // declared to have none
  EXPECT_EQ(code("http://m/fixed", "u"), "refused");
}

TEST_F(Translate, ATargetSystemChoosesBetweenGroups) {
  ASSERT_TRUE(terminology_.add(R"({"resourceType":"ConceptMap","url":"http://m/two","group":[
    {"source":"http://s","target":"http://t1","element":[{"code":"a","target":[{"code":"1","equivalence":"equal"}]}]},
    {"source":"http://s","target":"http://t2","element":[{"code":"a","target":[{"code":"2","equivalence":"equal"}]}]}]})",
                               "two"));
  EXPECT_FALSE(terminology_.translate("http://m/two", "http://s", "a"));
  EXPECT_EQ(terminology_.translate("http://m/two", "http://s", "a", "http://t2")->code, "2");
}

TEST(ConceptMapParse, RefusesWithThePath) {
  const auto add = [](std::string_view body) {
    Terminology terminology;
    return problem(terminology.add(
        std::string(R"({"resourceType":"ConceptMap","url":"http://m",)") + std::string(body) + "}",
        "m.json"));
  };
  EXPECT_THAT(add(R"("group":[])"), HasSubstr("ConceptMap.group: m.json: "));
  EXPECT_THAT(add(R"("group":[{"element":[{"code":"a"}]}])"),
              HasSubstr("ConceptMap.group[0].element[0].target: "));
  EXPECT_THAT(add(R"("group":[{"element":[{"target":[]}]}])"),
              HasSubstr("ConceptMap.group[0].element[0].code: "));
  EXPECT_THAT(add(R"("group":[{"element":[{"code":"a","target":[{"equivalence":"wide"}]}]}])"),
              HasSubstr("ConceptMap.group[0].element[0].target[0].equivalence: "));
  EXPECT_THAT(add(R"("group":[{"element":[{"code":"a","target":[{"equivalence":"equal"}]}]}])"),
              HasSubstr("ConceptMap.group[0].element[0].target[0].code: "));
  EXPECT_THAT(
      add(R"("group":[{"element":[{"code":"a","target":[{"code":"b","equivalence":"equal","dependsOn":[]}]}]}])"),
      HasSubstr("ConceptMap.group[0].element[0].target[0].dependsOn: "));
  const std::string twice = R"({"code":"a","target":[{"code":"b","equivalence":"equal"}]})";
  EXPECT_THAT(add(R"("group":[{"element":[)" + twice + "," + twice + "]}]"),
              HasSubstr("ConceptMap.group[0].element[1].code: "));
  EXPECT_THAT(add(R"("group":[{"unmapped":{"mode":"fixed"}}])"),
              HasSubstr("ConceptMap.group[0].unmapped.code: "));
  EXPECT_THAT(add(R"("group":[{"unmapped":{"mode":"guess"}}])"),
              HasSubstr("ConceptMap.group[0].unmapped.mode: "));
}

TEST(TerminologyAdd, RefusesWhatItCannotUse) {
  Terminology terminology;
  EXPECT_THAT(problem(terminology.add("{", "broken.json")), HasSubstr("broken.json: "));
  EXPECT_THAT(problem(terminology.add(R"({"resourceType":"Patient"})", "p.json")),
              HasSubstr("expected a CodeSystem"));
  EXPECT_THAT(problem(terminology.add(
                  R"({"resourceType":"CodeSystem","url":"http://c","content":"fragment"})", "c")),
              HasSubstr("CodeSystem.content"));
  EXPECT_THAT(
      problem(terminology.add(
          R"({"resourceType":"ValueSet","url":"http://v","compose":{"include":[{"system":"http://s","filter":[]}]}})",
          "v")),
      HasSubstr("ValueSet.compose.include[0].filter"));
  EXPECT_TRUE(terminology.add(kRoutes, "a"));
  EXPECT_THAT(problem(terminology.add(kRoutes, "b")), HasSubstr("is there already"));
}

TEST(TerminologyCheck, FindsWhatIsMissingAndCircles) {
  Terminology missing;
  ASSERT_TRUE(missing.add(
      with_unmapped("http://m/a", R"({"mode":"other-map","url":"http://m/gone"})"), "a"));
  EXPECT_THAT(problem(missing.check()), HasSubstr("http://m/gone is named by `other-map`"));
  Terminology circle;
  ASSERT_TRUE(
      circle.add(with_unmapped("http://m/a", R"({"mode":"other-map","url":"http://m/b"})"), "a"));
  ASSERT_TRUE(
      circle.add(with_unmapped("http://m/b", R"({"mode":"other-map","url":"http://m/a"})"), "b"));
  EXPECT_THAT(problem(circle.check()), HasSubstr("leads back to itself"));
  EXPECT_FALSE(circle.translate("http://m/a", "http://s", "zz"));  // ends all the same
  Terminology imports;
  ASSERT_TRUE(imports.add(
      R"({"resourceType":"ValueSet","url":"http://v","compose":{"include":[{"valueSet":["http://v"]}]}})",
      "v"));
  EXPECT_THAT(problem(imports.check()), HasSubstr("imports itself"));
  EXPECT_EQ(imports.validate_code("http://v", "", "a"), Membership::kUnknown);
}

class Codes : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(terminology_.add(R"({"resourceType":"Bundle","entry":[{"resource":
      {"resourceType":"CodeSystem","url":"http://s","content":"complete","concept":[
        {"code":"a","display":"Alpha","concept":[{"code":"aa","display":"Alpha alpha"}]},
        {"code":"b","display":"Beta"}]}},
      {"resource":{"resourceType":"ValueSet","url":"http://v/all","compose":{"include":[{"system":"http://s"}],
        "exclude":[{"system":"http://s","concept":[{"code":"b"}]}]}}},
      {"resource":{"resourceType":"ValueSet","url":"http://v/mixed","compose":{"include":[
        {"system":"http://loinc.org","concept":[{"code":"1-2","display":"One"}]},
        {"system":"http://s","concept":[{"code":"aa"}]},
        {"valueSet":["http://hl7.org/fhir/ValueSet/administrative-gender"]}]}}},
      {"resource":{"resourceType":"ValueSet","url":"http://v/open","compose":{"include":[
        {"system":"http://snomed.info/sct"}, {"system":"http://s","concept":[{"code":"a"}]}]}}}]})",
                                 "bundle"));
    ASSERT_TRUE(terminology_.check());
  }
  Terminology terminology_;
};

TEST_F(Codes, AreFoundInTheirSystem) {
  EXPECT_EQ(terminology_.find_concept("http://s", "aa")->display, "Alpha alpha");
  EXPECT_EQ(terminology_.find_concept("http://s", "c"), nullptr);
  EXPECT_EQ(terminology_.find_concept("http://t", "a"), nullptr);
}

TEST_F(Codes, BelongToValueSets) {
  const auto in = [&](std::string_view url, std::string_view system, std::string_view code) {
    return terminology_.validate_code(url, system, code);
  };
  EXPECT_EQ(in("http://v/all", "http://s", "aa"), Membership::kIn);
  EXPECT_EQ(in("http://v/all|3", "", "a"), Membership::kIn);
  EXPECT_EQ(in("http://v/all", "http://s", "b"), Membership::kNotIn);
  EXPECT_EQ(in("http://v/mixed", "http://loinc.org", "1-2"), Membership::kIn);
  EXPECT_EQ(in("http://v/mixed", "http://hl7.org/fhir/administrative-gender", "male"),
            Membership::kIn);
  EXPECT_EQ(in("http://v/mixed", "http://loinc.org", "male"), Membership::kNotIn);
  EXPECT_EQ(in("http://v/open", "http://s", "a"), Membership::kIn);
  EXPECT_EQ(in("http://v/open", "http://s", "b"), Membership::kNotIn);
  EXPECT_EQ(in("http://v/open", "http://snomed.info/sct", "1"), Membership::kUnknown);
  EXPECT_EQ(in("http://hl7.org/fhir/ValueSet/observation-status", "", "final"), Membership::kIn);
  EXPECT_EQ(in("http://nowhere", "", "final"), Membership::kUnknown);
}

TEST_F(Codes, Expand) {
  const auto codes = [&](std::string_view url) {
    std::vector<std::string> list;
    const auto expansion = terminology_.expand(url);
    if (!expansion) return std::vector<std::string>{"refused"};
    for (const Concept& item : *expansion) {
      list.push_back(std::string(item.code) + "=" + std::string(item.display));
    }
    return list;
  };
  EXPECT_THAT(codes("http://v/all"), ElementsAre("a=Alpha", "aa=Alpha alpha"));
  EXPECT_THAT(codes("http://v/mixed"),
              ElementsAre("1-2=One", "aa=Alpha alpha", "male=Male", "female=Female", "other=Other",
                          "unknown=Unknown"));
  EXPECT_THAT(codes("http://v/open"), ElementsAre("refused"));
  EXPECT_THAT(codes("http://nowhere"), ElementsAre("refused"));
}

TEST_F(Translate, ListsAllThatTheMapSays) {
  const ConceptMap& routes = *terminology_.find_concept_map("http://example.org/ConceptMap/routes");
  const auto two = terminology_.matches(routes, "http://example.org/route", "two");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[1].translation.code, "A3");
  EXPECT_EQ(two[1].map, &routes);
  const auto none = terminology_.matches(routes, "http://example.org/route", "none");
  ASSERT_EQ(none.size(), 1U);
  EXPECT_EQ(none.front().translation.equivalence, Equivalence::kUnmatched);
  EXPECT_EQ(none.front().translation.code, "");
  EXPECT_TRUE(terminology_.matches(routes, "http://example.org/route", "other").empty());
  EXPECT_TRUE(terminology_.matches(routes, "http://example.org/route", "im", "http://y").empty());
}

TEST_F(Translate, TurnsAMapRound) {
  const ConceptMap& routes = *terminology_.find_concept_map("http://example.org/ConceptMap/routes");
  const auto back = terminology_.matches(routes, "http://x.org/sct", "A2",
                                         "http://example.org/route", Direction::kReverse);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back.front().translation.code, "two");
  EXPECT_EQ(back.front().translation.equivalence, Equivalence::kNarrower);
}

TEST_F(Translate, FollowsWhatIsUnmappedAndNamesTheMap) {
  const ConceptMap& other = *terminology_.find_concept_map("http://m/other");
  const auto found = terminology_.matches(other, "http://s", "x");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().translation.code, "other");
  EXPECT_EQ(found.front().map->url(), "http://m/fixed");
  const ConceptMap& provided = *terminology_.find_concept_map("http://m/provided");
  EXPECT_EQ(terminology_.matches(provided, "http://s", "x").front().translation.code, "x");
}

TEST_F(Translate, KeepsWhatWasAdded) {
  const json::Value* kept = terminology_.find_resource("ConceptMap", "http://m/fixed");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->string("resourceType"), "ConceptMap");
  EXPECT_EQ(terminology_.resources().size(), 4U);
  EXPECT_EQ(terminology_.find_resource("ValueSet", "http://m/fixed"), nullptr);
}

TEST_F(Translate, KnowsCodesOfThePackage) {
  const Concept* male =
      terminology_.find_known_concept("http://hl7.org/fhir/administrative-gender", "male");
  ASSERT_NE(male, nullptr);
  EXPECT_EQ(male->display, "Male");
  EXPECT_EQ(terminology_.find_known_concept("http://hl7.org/fhir/administrative-gender", "m"),
            nullptr);
  EXPECT_FALSE(terminology_.is_complete("http://hl7.org/fhir/administrative-gender"));
}

}  // namespace
}  // namespace kap::fhir::terminology

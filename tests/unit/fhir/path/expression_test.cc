#include "fhir/path/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "fhir/path/json_model.h"

namespace kap::fhir::path {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p",
  "birthDate":"1980-05-06","_birthDate":{"extension":[{"url":"urn:time","valueString":"noon"}]},
  "name":[{"family":"Adler","given":["Ida",null],"_given":[null,{"id":"g2"}]}],
  "contact":[{"name":{"family":"Berg"}}],
  "multipleBirthInteger":2,
  "contained":[{"resourceType":"Organization","id":"o","name":"House"}]})";

/// The texts of what an expression yields, or its error.
std::string shown(std::string_view text, std::string_view resource = kPatient,
                  CompileOptions options = {}, Context context = {}) {
  const auto document = json::parse(resource);
  if (!document.has_value()) return document.error().summary();
  if (options.model == nullptr) options.model = &json_model();
  const auto expression = Expression::compile(text, options);
  if (!expression.has_value()) return expression.error().summary();
  const auto found = expression->evaluate(json_element(document->root), context);
  if (!found.has_value()) return found.error().summary();
  std::string out;
  for (const Item& item : *found) out += (out.empty() ? "" : ",") + to_text(item);
  return out;
}

TEST(Expression, ErrorsNamePlaceAndRemedy) {
  EXPECT_THAT(shown("name.\n  given +"), HasSubstr("2:10"));
  EXPECT_THAT(shown("name.frist()"), HasSubstr("1:6: there is no function frist()"));
  EXPECT_THAT(shown("name.where()"), HasSubstr("0 arguments; 1 would be right"));
  EXPECT_THAT(shown("%nothing"), HasSubstr("there is no variable %nothing"));
  EXPECT_THAT(shown("a is Hors"), HasSubstr("there is no type Hors"));
  EXPECT_THAT(shown("'open"), HasSubstr("does not end"));
  EXPECT_THAT(shown("'\\q'"), HasSubstr("unknown escape"));
  EXPECT_THAT(shown("@2024-02-30"), HasSubstr("no date or time that exists"));
  EXPECT_THAT(shown("name ^ 2"), HasSubstr("no use for"));
  EXPECT_THAT(shown("name.given matches"), HasSubstr("cannot stand here"));
  EXPECT_THAT(shown("'a'.matches('(')"), HasSubstr("no regular expression"));
  EXPECT_THAT(shown(""), HasSubstr("cannot stand here"));
}

TEST(Expression, PositionsCountFromTheOrigin) {
  const auto failed = Expression::compile(
      "1 +",
      CompileOptions{.context_type = {}, .variables = {}, .origin = {.line = 7, .column = 5}});
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().issues()[0].position, (SourcePosition{.line = 7, .column = 8}));
}

TEST(Expression, NestingAndLengthAreBounded) {
  const std::string deep = std::string(8'000, '(') + "1" + std::string(8'000, ')');
  EXPECT_THAT(shown(deep), HasSubstr("nested deeper"));
  EXPECT_THAT(shown(std::string(8'000, '-') + "1"), HasSubstr("nested deeper"));
  std::string chain = "a";
  for (int i = 0; i < 2'000; ++i) chain += ".a";
  EXPECT_THAT(shown(chain), HasSubstr("in a row"));
  EXPECT_THAT(shown(std::string(limits::kFhirPathBytes + 1, ' ')), HasSubstr("at most"));
  std::string sum = "1";
  for (int i = 0; i < 250; ++i) sum += " + 1";
  EXPECT_EQ(shown(sum), "251");
}

TEST(Expression, WorkIsBounded) {
  // Each repeat doubles what there is.
  std::string text = "(1|2|3|4|5|6|7|8|9|10)";
  for (int i = 0; i < 8; ++i) text += ".select($this.combine($this).combine($this + 1))";
  EXPECT_THAT(shown(text + ".distinct().count()", kPatient, {}, Context{.steps = 10'000}),
              HasSubstr("more than 10000 steps"));
  EXPECT_THAT(
      shown("'" + std::string(1'000, 'a') + "'.replace('', '" + std::string(4'000, 'b') + "')"),
      HasSubstr("1 MB"));
}

TEST(Expression, LargeCollectionsStayDistinct) {
  std::string text = "(";
  for (int i = 0; i < 60; ++i) text += (i == 0 ? "'" : " & ',") + std::to_string(i % 40) + "'";
  text += ").split(',')";
  EXPECT_EQ(shown(text + ".distinct().count()"), "40");
  EXPECT_EQ(shown("(" + text + " | (1 | 2.0 | 2)).count()"), "42");
  EXPECT_EQ(shown(text + ".isDistinct()"), "false");
}

TEST(Expression, OverflowIsEmpty) {
  EXPECT_EQ(shown("9223372036854775807 + 1"), "");
  EXPECT_EQ(shown("-9223372036854775807 - 1 - 1"), "");
  EXPECT_EQ(shown("-(-9223372036854775807 - 1)"), "");
  EXPECT_EQ(shown("(-9223372036854775807 - 1).abs()"), "");
  EXPECT_EQ(shown("(-9223372036854775807 - 1) div -1"), "");
  EXPECT_EQ(shown("@2024-01-01 + (9223372036854775807 'd')"), "");
  EXPECT_EQ(shown("@2024-01-01 - 9223372036854775807 days"), "");
  EXPECT_EQ(shown("10.power(60)"), "");
  EXPECT_EQ(shown("99999999999999999999999999999999999999 * 10"), "");
  EXPECT_EQ(shown("(0.0).ln()"), "");
}

TEST(Expression, PrimitivesHaveExtensionsAndIds) {
  EXPECT_EQ(shown("birthDate.extension('urn:time').value"), "noon");
  EXPECT_EQ(shown("name.given.count()"), "2");
  EXPECT_EQ(shown("name.given.select(hasValue())"), "true,false");
  EXPECT_EQ(shown("name.given.id"), "g2");
  EXPECT_EQ(shown("name.given.where(hasValue().not()).exists()"), "true");
}

TEST(Expression, ChoicesAreNamedWithoutTheirType) {
  EXPECT_EQ(shown("multipleBirth"), "2");
  EXPECT_EQ(shown("multipleBirth is integer"), "true");
  EXPECT_EQ(shown("multipleBirthInteger"), "");
  EXPECT_EQ(shown("multipleBirth.ofType(boolean)"), "");
}

TEST(Expression, ContainedResourcesHaveTheirOwnType) {
  EXPECT_EQ(shown("contained.ofType(Organization).name"), "House");
  EXPECT_EQ(shown("contained.where($this is DomainResource).id"), "o");
  EXPECT_EQ(shown("contact.name.family | name.family"), "Berg,Adler");
  EXPECT_EQ(shown("Resource.id"), "p");
}

TEST(Expression, StrictNamesAreCheckedByType) {
  const CompileOptions strict{.context_type = "Patient", .variables = {}, .names = Names::kStrict};
  EXPECT_THAT(shown("contact.name.famly", kPatient, strict), HasSubstr("no element 'famly'"));
  EXPECT_THAT(shown("Encounter.id", kPatient, strict), HasSubstr("Encounter is not the type"));
  EXPECT_THAT(shown("name.where(usage = 'x')", kPatient, strict), HasSubstr("no element 'usage'"));
  EXPECT_EQ(shown("name.select(family & given.first())", kPatient, strict), "AdlerIda");
  EXPECT_EQ(shown("contained.first().name", kPatient, strict), "House");
}

TEST(Expression, UntypedDataWorks) {
  const auto document = json::parse(R"({"a":[{"b":1.50},{"b":"x"}],"_c":{"id":"i"}})");
  const auto expression = Expression::compile("a.b | c.id");
  ASSERT_TRUE(expression.has_value());
  const auto found = expression->evaluate(json_element(document->root, ""));
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ(to_text((*found)[0]), "1.50");
  EXPECT_EQ(to_text((*found)[2]), "i");
}

TEST(Expression, VariablesByPercentOrBare) {
  const std::vector<std::string> names{"src", "n"};
  Collection number;
  number.push_back(Item::integer(41));
  const std::vector<Collection> values{Collection{}, number};
  const Context context{.variables = values};
  EXPECT_EQ(
      shown("%n + 1", kPatient, CompileOptions{.context_type = {}, .variables = names}, context),
      "42");
  EXPECT_EQ(shown("n + 1", kPatient,
                  CompileOptions{.context_type = {},
                                 .variables = names,
                                 .variable_syntax = CompileOptions::Variables::kBare},
                  context),
            "42");
  EXPECT_EQ(shown("%src.empty()", kPatient, CompileOptions{.context_type = {}, .variables = names},
                  context),
            "true");
}

TEST(Expression, TypedVariablesAreChecked) {
  const std::vector<std::string> names{"src", "other"};
  const std::vector<const void*> types{json_model().find_type("Patient"), nullptr};
  const CompileOptions options{.model = &json_model(),
                               .context_type = {},
                               .variables = names,
                               .variable_types = types,
                               .variable_syntax = CompileOptions::Variables::kBare,
                               .names = Names::kStrict};
  EXPECT_TRUE(Expression::compile("src.name.given & other.anything", options).has_value());
  EXPECT_FALSE(Expression::compile("src.name.givn", options).has_value());
  EXPECT_FALSE(Expression::compile("%src.nam", options).has_value());
}

TEST(Expression, AsFiltersOrRefuses) {
  EXPECT_THAT(shown("(1 | 'a').as(String)"), HasSubstr("single item"));
  EXPECT_EQ(
      shown("(1 | 'a').as(String)", kPatient,
            CompileOptions{
                .context_type = {}, .variables = {}, .as_function = CompileOptions::As::kFilter}),
      "a");
  EXPECT_EQ(shown("(1 | 'a') as String"), "a");
}

TEST(Expression, TheClockIsReadOnce) {
  const ManualClock clock(Instant(std::chrono::milliseconds(1'700'000'000'123)));
  EXPECT_EQ(shown("now()", kPatient, {}, Context{.clock = &clock}), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(shown("today() & ' ' & timeOfDay()", kPatient, {}, Context{.clock = &clock}),
            "2023-11-14 22:13:20.123");
  EXPECT_THAT(shown("now()"), HasSubstr("no clock"));
}

class Terminology final : public Host {
 public:
  Result<std::optional<bool>> member_of(const Item& code, std::string_view url) const override {
    if (url != "urn:vs") return std::optional<bool>();
    return std::optional<bool>(to_text(code) == "a");
  }
};

TEST(Expression, TheHostAnswersForTerminology) {
  const Terminology host;
  const Context context{.host = &host};
  EXPECT_EQ(shown("'a'.memberOf('urn:vs')", kPatient, {}, context), "true");
  EXPECT_EQ(shown("'b'.memberOf('urn:vs')", kPatient, {}, context), "false");
  EXPECT_EQ(shown("'b'.memberOf('urn:other')", kPatient, {}, context), "");
  EXPECT_THAT(shown("'a'.memberOf('urn:vs')"), HasSubstr("terminology service"));
}

TEST(Expression, BooleansOfInvariants) {
  const auto document = json::parse(kPatient);
  const auto verdict = [&](std::string_view text) {
    return Expression::compile(text, {.model = &json_model(), .context_type = "Patient"})
        ->evaluate_boolean(json_element(document->root));
  };
  EXPECT_EQ(*verdict("name.exists()"), true);
  EXPECT_EQ(*verdict("name"), true);
  EXPECT_EQ(*verdict("photo"), std::nullopt);
  EXPECT_EQ(*verdict("name.family = 'x'"), false);
  EXPECT_FALSE(verdict("name.given").has_value());
}

TEST(Expression, ErrorsHoldNoValues) {
  for (const char* text : {"name.family + 1", "name.family > 1", "-name.family",
                           "name.family.toQuantity().abs() + 'x'", "name.given.single()",
                           "name.family.round()", "name.family.skip('Adler2')"})
    EXPECT_EQ(shown(text).find("Adler"), std::string::npos) << text;
}

TEST(Expression, TellsWhatItStartsFrom) {
  const auto first = [](std::string_view text) {
    return *Expression::compile(text, {.model = &json_model(), .context_type = "Patient"});
  };
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(first("Patient.name.given | contact.where(a = 'x').first().name").first_elements(),
            (Names{"name", "contact"}));
  EXPECT_EQ(first("(Patient.value as Quantity).unit").first_elements(), Names{"value"});
  EXPECT_EQ(first("name.exists()").first_elements(), std::nullopt);
  EXPECT_EQ(first("name | 1").first_elements(), std::nullopt);
  EXPECT_EQ(first("name.given & 'x'").first_elements(), std::nullopt);
  EXPECT_EQ(first("Patient").first_elements(), std::nullopt);
  EXPECT_EQ(first("%resource.name").first_elements(), std::nullopt);
}

TEST(Expression, ManyThreadsShareOne) {
  const auto document = json::parse(kPatient);
  const auto expression =
      Expression::compile("name.where(family.matches('^A')).given.first() & 'x'",
                          {.model = &json_model(), .context_type = "Patient"});
  ASSERT_TRUE(expression.has_value());
  std::vector<std::thread> threads;
  std::vector<std::string> results(4);
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 200; ++n) {
        const auto found = expression->evaluate(json_element(document->root));
        results[i] = found.has_value() ? to_text(found->front()) : "error";
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, "Idax");
}

}  // namespace
}  // namespace kap::fhir::path

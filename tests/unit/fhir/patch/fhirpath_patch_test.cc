#include "fhir/patch/fhirpath_patch.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"

namespace kap::fhir::patch {
namespace {

json::Document document(std::string_view text) {
  auto parsed = json::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return std::move(parsed).value();
}

/// `{"name":"path","valueString":…}` of an operation's parts, comma-separated.
std::string part(std::string_view name, std::string_view member, std::string_view value) {
  return R"({"name":")" + std::string(name) + R"(",)" + std::string(member.empty() ? "" : "\"") +
         std::string(member) + std::string(member.empty() ? "" : "\":") + std::string(value) + '}';
}

std::string operation(std::string_view type, std::string_view path, std::string_view parts = {}) {
  return R"({"name":"operation","part":[)" +
         part("type", "valueCode", '"' + std::string(type) + '"') + ',' +
         part("path", "valueString", '"' + std::string(path) + '"') + (parts.empty() ? "" : ",") +
         std::string(parts) + "]}";
}

std::string add(std::string_view path, std::string_view name, std::string_view value) {
  return operation("add", path,
                   part("name", "valueString", '"' + std::string(name) + '"') +
                       R"(,{"name":"value",)" + std::string(value) + '}');
}

std::string replace(std::string_view path, std::string_view value) {
  return operation("replace", path, R"({"name":"value",)" + std::string(value) + '}');
}

std::string insert(std::string_view path, int index, std::string_view value) {
  return operation("insert", path,
                   part("index", "valueInteger", std::to_string(index)) + R"(,{"name":"value",)" +
                       std::string(value) + '}');
}

std::string move(std::string_view path, int source, int destination) {
  return operation("move", path,
                   part("source", "valueInteger", std::to_string(source)) + ',' +
                       part("destination", "valueInteger", std::to_string(destination)));
}

/// The patched members after the resourceType, or `code place` of the refusal.
std::string run(std::string_view type, std::string_view members, std::string_view operations) {
  const std::string head = R"({"resourceType":")" + std::string(type) + '"';
  const std::string text = head + (members.empty() ? "" : ",") + std::string(members) + '}';
  const json::Document before = document(text);
  const auto shown = [](const Outcome& outcome) {
    const Issue& issue = outcome.issues().front();
    return std::string(to_code(issue.code)) + ' ' + issue.expression;
  };
  auto parsed = FhirPathPatch::parse(
      document(R"({"resourceType":"Parameters","parameter":[)" + std::string(operations) + "]}"),
      type);
  if (!parsed.has_value()) {
    EXPECT_EQ(parsed.error().category(), Category::kInvalidRequest);
    return shown(parsed.error());
  }
  const auto after = parsed->apply(before.root);
  EXPECT_EQ(json::to_text(before.root), json::to_text(document(text).root));
  if (!after.has_value()) {
    EXPECT_EQ(after.error().category(), Category::kUnprocessable);
    return shown(after.error());
  }
  const std::string out = json::to_text(after->root);
  EXPECT_TRUE(out.starts_with(head));
  const std::size_t from = std::min(head.size() + 1, out.size() - 1);
  return out.substr(from, out.size() - from - 1);
}

TEST(FhirPathPatch, GivesAChoiceElementTheMemberOfTheValuesType) {
  EXPECT_EQ(run("Patient", "", add("Patient", "deceased", R"("valueBoolean":true)")),
            R"("deceasedBoolean":true)");
  EXPECT_EQ(run("Patient", "", add("Patient", "deceasedBoolean", R"("valueBoolean":true)")),
            R"("deceasedBoolean":true)");
  EXPECT_EQ(run("Patient", R"("deceasedBoolean":true)",
                replace("Patient.deceased", R"("valueDateTime":"2020-01-01")")),
            R"("deceasedDateTime":"2020-01-01")");
  EXPECT_EQ(run("Observation", R"("valueString":"x")",
                replace("Observation.value", R"("valueQuantity":{"value":1.50,"unit":"mg"})")),
            R"("valueQuantity":{"value":1.50,"unit":"mg"})");
  EXPECT_EQ(run("Patient", "", add("Patient", "deceased", R"("valueString":"x")")),
            "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", R"("deceasedBoolean":true)",
                add("Patient", "deceased", R"("valueDateTime":"2020")")),
            "duplicate Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", add("Patient", "deceasedBoolean", R"("valueDateTime":"2020")")),
            "value Parameters.parameter[0]");
}

TEST(FhirPathPatch, KeepsValuesAndExtensionsOfPrimitivesTogether) {
  EXPECT_EQ(run("Patient", R"("birthDate":"2000-01-01")",
                add("Patient.birthDate", "extension",
                    R"("part":[{"name":"url","valueUri":"http://example.org/e"},)"
                    R"({"name":"value","valueString":"x"}])")),
            R"("birthDate":"2000-01-01","_birthDate":{"extension":[{"url":"http://example.org/e",)"
            R"("valueString":"x"}]})");
  const std::string name = R"("name":[{"given":["A","B"],"_given":[{"id":"a"},null]}])";
  EXPECT_EQ(run("Patient", name, insert("Patient.name[0].given", 0, R"("valueString":"0")")),
            R"("name":[{"given":["0","A","B"],"_given":[null,{"id":"a"},null]}])");
  EXPECT_EQ(run("Patient", name, move("Patient.name[0].given", 0, 1)),
            R"("name":[{"given":["B","A"],"_given":[null,{"id":"a"}]}])");
  EXPECT_EQ(run("Patient", name, operation("delete", "Patient.name.given[0]")),
            R"("name":[{"given":["B"]}])");
  EXPECT_EQ(run("Patient", name,
                replace("Patient.name.given[1]", R"("valueString":"C","_valueString":{"id":"c"})")),
            R"("name":[{"given":["A","C"],"_given":[{"id":"a"},{"id":"c"}]}])");
  EXPECT_EQ(run("Patient", R"("_birthDate":{"extension":[{"url":"u","valueCode":"x"}]})",
                replace("Patient.birthDate", R"("valueDate":"2000")")),
            R"("birthDate":"2000")");
}

TEST(FhirPathPatch, AddsAnonymousTypesAndResources) {
  EXPECT_EQ(run("Patient", "",
                add("Patient", "contact",
                    R"("part":[{"name":"name","valueHumanName":{"text":"N"}},)"
                    R"({"name":"telecom","valueContactPoint":{"value":"1"}},)"
                    R"({"name":"telecom","valueContactPoint":{"value":"2"}}])")),
            R"("contact":[{"name":{"text":"N"},"telecom":[{"value":"1"},{"value":"2"}]}])");
  EXPECT_EQ(
      run("Patient", "",
          add("Patient", "contained", R"("resource":{"resourceType":"Organization","id":"o"})")),
      R"("contained":[{"resourceType":"Organization","id":"o"}])");
  EXPECT_EQ(run("Patient", "",
                add("Patient", "contact", R"("part":[{"name":"nome","valueString":"N"}])")),
            "not-found Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", add("Patient", "contact", R"("valueString":"x")")),
            "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", add("Patient", "gender", R"("part":[])")),
            "value Parameters.parameter[0]");
}

TEST(FhirPathPatch, InsertsIntoAListWithoutItems) {
  const std::string given = insert("Patient.name.given", 0, R"("valueString":"A")");
  EXPECT_EQ(run("Patient", R"("name":[{"family":"F"}])", given),
            R"("name":[{"family":"F","given":["A"]}])");
  EXPECT_EQ(run("Patient", "", insert("name", 0, R"("valueHumanName":{"text":"N"})")),
            R"("name":[{"text":"N"}])");
  EXPECT_EQ(run("Patient", "", given), "not-found Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", R"("name":[{"family":"F"},{"family":"G"}])", given),
            "multiple-matches Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", insert("Patient.name", 1, R"("valueHumanName":{"text":"N"})")),
            "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", insert("Patient.gender", 0, R"("valueCode":"male")")),
            "business-rule Parameters.parameter[0]");
}

TEST(FhirPathPatch, TakesWholeListsOnly) {
  const std::string names = R"("name":[{"text":"A"},{"text":"B"},{"text":"C"}])";
  EXPECT_EQ(run("Patient", names, move("Patient.name.where(text != 'A')", 0, 1)),
            "business-rule Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", names, move("Patient.name", 0, 3)), "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", names, move("Patient.name", 3, 0)), "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", names, insert("Patient.name", 4, R"("valueHumanName":{"text":"D"})")),
            "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", names, move("Patient.name", 0, 2) + ',' + move("Patient.name", 1, 0)),
            R"("name":[{"text":"C"},{"text":"B"},{"text":"A"}])");
  EXPECT_EQ(run("Patient", R"("gender":"male")", move("Patient.gender", 0, 0)),
            "business-rule Parameters.parameter[0]");
}

TEST(FhirPathPatch, DeletesOneElementAndWhatBecomesEmpty) {
  EXPECT_EQ(run("Patient", R"("contact":[{"name":{"text":"N"}}],"gender":"male")",
                operation("delete", "Patient.contact.name.text")),
            R"("gender":"male")");
  EXPECT_EQ(run("Patient", R"("gender":"male")", operation("delete", "Patient.birthDate")),
            R"("gender":"male")");
  EXPECT_EQ(
      run("Patient", R"("name":[{"text":"A"},{"text":"B"}])", operation("delete", "Patient.name")),
      "multiple-matches Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", operation("delete", "Patient")),
            "business-rule Parameters.parameter[0]");
}

TEST(FhirPathPatch, StaysInsideTheResource) {
  EXPECT_EQ(run("Observation", R"("subject":{"reference":"Patient/1"})",
                operation("delete", "Observation.subject.resolve()")),
            R"("subject":{"reference":"Patient/1"})");
  EXPECT_EQ(run("Observation",
                R"("contained":[{"resourceType":"Patient","id":"p","gender":"male"}],)"
                R"("subject":{"reference":"#p"})",
                replace("Observation.subject.resolve().ofType(Patient).gender",
                        R"("valueCode":"female")")),
            R"("contained":[{"resourceType":"Patient","id":"p","gender":"female"}],)"
            R"("subject":{"reference":"#p"})");
  EXPECT_EQ(run("Patient", R"("gender":"male")",
                replace("Patient.gender.length()", R"("valueInteger":3)")),
            "business-rule Parameters.parameter[0]");
}

TEST(FhirPathPatch, RefusesWhatIsNoPatch) {
  const auto refused = FhirPathPatch::parse(document(R"({"resourceType":"Patient"})"), "Patient");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().issues().front().expression, "Parameters");
  EXPECT_EQ(run("Patient", "", R"({"name":"change"})"), "value Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", R"({"name":"operation"})"), "required Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", operation("set", "Patient.name")),
            "value Parameters.parameter[0].part[0]");
  EXPECT_EQ(run("Patient", "", operation("add", "Patient")), "required Parameters.parameter[0]");
  EXPECT_EQ(
      run("Patient", "", operation("delete", "Patient.name", part("index", "valueInteger", "1"))),
      "value Parameters.parameter[0].part[2]");
  EXPECT_EQ(run("Patient", "", operation("delete", "Patient.nome")),
            "invalid Parameters.parameter[0].part[1]");
  EXPECT_EQ(run("Patient", "", operation("delete", "Patient.name[")),
            "invalid Parameters.parameter[0].part[1]");
  EXPECT_EQ(
      run("Patient", "", operation("delete", "Patient.name", part("type", "valueCode", "\"x\""))),
      "duplicate Parameters.parameter[0].part[2]");
  EXPECT_EQ(
      run("Patient", "", operation("delete", "Patient.name", part("what", "valueCode", "\"x\""))),
      "value Parameters.parameter[0].part[2]");
  EXPECT_EQ(run("Patient", "", move("Patient.name", -1, 0)),
            "value Parameters.parameter[0].part[2]");
  EXPECT_EQ(run("Patient", "", add("Patient", "gender", R"("valueCode":"x","valueString":"y")")),
            "structure Parameters.parameter[0]");
  EXPECT_EQ(run("Patient", "", add("Patient", "gender", R"("id":"x")")),
            "structure Parameters.parameter[0]");
}

TEST(FhirPathPatch, BoundsDepth) {
  std::string operations;
  std::string path = "Patient";
  for (int i = 0; i < 70; ++i) {
    operations +=
        (i == 0 ? "" : ",") +
        add(path, "extension", R"("part":[{"name":"url","valueUri":"http://example.org/e"}])");
    path += ".extension";
  }
  EXPECT_TRUE(run("Patient", "", operations).starts_with("too-costly Parameters.parameter["));
}

TEST(FhirPathPatch, NeverQuotesAValue) {
  auto patch = FhirPathPatch::parse(
      document(R"({"resourceType":"Parameters","parameter":[)" +
               replace("Patient.name.where(family = 'Roe').given", R"("valueString":"Jane")") +
               "]}"),
      "Patient");
  ASSERT_TRUE(patch.has_value());
  const auto refused = patch->apply(document(R"({"resourceType":"Patient"})").root);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().summary().find("Roe"), std::string::npos);
}

}  // namespace
}  // namespace kap::fhir::patch

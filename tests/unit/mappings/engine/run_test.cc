// What rules do, each on a small FHIR source.
#include <gtest/gtest.h>

#include "fhir/json/parse.h"
#include "mappings/engine/id_policy.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {
namespace {

constexpr std::string_view kHead =
    "map \"http://x/y\" = \"y\"\n"
    "uses \"http://hl7.org/fhir/StructureDefinition/Patient\" alias Patient as source\n"
    "uses \"http://hl7.org/fhir/StructureDefinition/Basic\" alias Basic as target\n";

std::string compile_and_run(std::string text, const std::string& source) {
  Diagnostics diagnostics;
  const auto mapper =
      Mapper::make({{.file = "t.fml", .text = std::move(text)}}, {}, {}, diagnostics);
  if (!mapper) {
    std::string out;
    for (const Diagnostic& item : diagnostics.items()) {
      out += "M" + std::to_string(static_cast<int>(item.code)) + " ";
    }
    return out;
  }
  const auto document = fhir::json::parse(source);
  if (!document.has_value()) return "source: " + document.error().summary();
  const auto result = mapper->map_resource("http://x/y", document->root, {});
  return result.has_value() ? *result : result.error().issues().front().diagnostics;
}

/// Rules over a Patient `src` into a Patient `tgt`; the target without its resourceType.
std::string run(const std::string& rules, const std::string& patient) {
  std::string out = compile_and_run(
      std::string(kHead) + "group g(source src : Patient, target tgt : Patient) {\n" + rules +
          "\n}",
      R"({"resourceType":"Patient","id":"p1")" + (patient.empty() ? "" : "," + patient) + "}");
  constexpr std::string_view kPrefix = R"({"resourceType":"Patient")";
  if (!out.starts_with(kPrefix)) return out;
  out.erase(1, kPrefix.size() - 1);
  if (out.starts_with("{,")) out.erase(1, 1);
  return out;
}

TEST(Run, ListModesOfSources) {
  const std::string names = R"("name":[{"family":"a"},{"family":"b"},{"family":"c"}])";
  const auto families = [&](const std::string& mode) {
    return run(
        "src.name " + mode + " as n -> tgt.name as t then { n.family as f -> t.family = f; };",
        names);
  };
  EXPECT_EQ(families("first"), R"({"name":[{"family":"a"}]})");
  EXPECT_EQ(families("last"), R"({"name":[{"family":"c"}]})");
  EXPECT_EQ(families("not_first"), R"({"name":[{"family":"b"},{"family":"c"}]})");
  EXPECT_EQ(families("not_last"), R"({"name":[{"family":"a"},{"family":"b"}]})");
  EXPECT_TRUE(families("only_one").starts_with("M703"));
}

TEST(Run, WhereFiltersBeforeTheListMode) {
  EXPECT_EQ(run("src.name last as n where (family != 'c') -> tgt.name as t then "
                "{ n.family as f -> t.family = f; };",
                R"("name":[{"family":"a"},{"family":"b"},{"family":"c"}])"),
            R"({"name":[{"family":"b"}]})");
}

TEST(Run, SeveralSourcesMultiply) {
  EXPECT_EQ(run("src.name as n, n.given as g -> tgt.telecom as t, t.value = g;",
                R"("name":[{"given":["a","b"]},{"family":"x"},{"given":["c"]}])"),
            R"({"telecom":[{"value":"a"},{"value":"b"},{"value":"c"}]})");
}

TEST(Run, TargetListModes) {
  EXPECT_EQ(run("src.name as n then { n.family as f -> tgt.gender = cast(f, 'code') last; };",
                R"("name":[{"family":"male"},{"family":"female"}])"),
            R"({"gender":"female"})");
  EXPECT_EQ(run("src.name as n then { n.family as f -> tgt.birthDate = cast(f, 'date') first; };",
                R"("name":[{"family":"1999"},{"family":"2000"}])"),
            R"({"birthDate":"1999"})");
  EXPECT_TRUE(run("src.name as n then { n.family as f -> tgt.birthDate = cast(f, 'date'); };",
                  R"("name":[{"family":"1999"},{"family":"2000"}])")
                  .starts_with("M702"));
}

TEST(Run, CardinalityCheckAndDefault) {
  EXPECT_TRUE(run("src.name 2..* as n -> tgt.name as t;", R"("name":[{"family":"a"}])")
                  .starts_with("M703"));
  EXPECT_TRUE(
      run("src.name as n check (family = 'b') -> tgt.name as t;", R"("name":[{"family":"a"}])")
          .starts_with("M704"));
  EXPECT_EQ(run("src.gender default ('unknown') as v -> tgt.gender = cast(v, 'code');", ""),
            R"({"gender":"unknown"})");
}

TEST(Run, Transforms) {
  const std::string source =
      R"("name":[{"family":"Brönni","given":["A"]}],"birthDate":"1980-02-03")";
  EXPECT_EQ(
      run("src.name as n, n.family as f -> tgt.telecom as t, t.value = truncate(f, 4);", source),
      R"({"telecom":[{"value":"Brön"}]})");
  EXPECT_EQ(
      run("src.name as n, n.family as f -> tgt.telecom as t, t.value = append(f, '-', f);", source),
      R"({"telecom":[{"value":"Brönni-Brönni"}]})");
  EXPECT_EQ(run("src -> tgt.maritalStatus = cc('http://s', 'a', 'b');", source),
            R"({"maritalStatus":{"coding":[{"system":"http://s","code":"a","display":"b"}]}})");
  EXPECT_EQ(run("src.birthDate as v -> tgt.identifier = id('http://s', v, 'MR');", source),
            R"({"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/)"
            R"(v2-0203","code":"MR"}]},"system":"http://s","value":"1980-02-03"}]})");
  EXPECT_EQ(run("src.name as n, n.family as f -> tgt.telecom = cp('phone', f);", source),
            R"({"telecom":[{"system":"phone","value":"Brönni"}]})");
  EXPECT_EQ(run("src -> tgt.telecom = cp('a@b.c');", source),
            R"({"telecom":[{"system":"email","value":"a@b.c"}]})");
  EXPECT_EQ(run("src -> tgt.extension as e, e.url = 'urn:q', e.value = qty('<=5.0 mg');", source),
            R"({"extension":[{"url":"urn:q","valueQuantity":{"value":5.0,"comparator":"<=",)"
            R"("unit":"mg"}}]})");
  EXPECT_EQ(
      run("src -> tgt.extension as e, e.url = 'urn:q', e.value = qty(5, 'mg', 'http://u', 'mg');",
          source),
      R"({"extension":[{"url":"urn:q","valueQuantity":{"value":5,"unit":"mg",)"
      R"("system":"http://u","code":"mg"}}]})");
  EXPECT_EQ(run("src.name as n, n.family as f -> tgt.telecom as t, t.value = escape('<&', 'json', "
                "'xml');",
                source),
            R"({"telecom":[{"value":"&lt;&amp;"}]})");
  EXPECT_EQ(run("src -> tgt.birthDate = toDate('03/02/1980', 'dd/MM/yyyy');", source),
            R"({"birthDate":"1980-02-03"})");
  EXPECT_EQ(run("src -> tgt.deceased = toDateTime('19800203 0130 PM +0200', 'yyyyMMdd hhmm a Z');",
                source),
            R"({"deceasedDateTime":"1980-02-03T13:30:00+02:00"})");
  EXPECT_EQ(run("src -> tgt.telecom as t, t.rank = (name.given.count() + 1);", source),
            R"({"telecom":[{"rank":2}]})");
  EXPECT_EQ(
      run("src.name as n -> tgt.telecom as t, t.value = evaluate(n, given.first() & '!');", source),
      R"({"telecom":[{"value":"A!"}]})");
  EXPECT_EQ(run("src -> tgt.link as l, l.other = create('Reference') as r, "
                "r.reference = reference(src);",
                source),
            R"({"link":[{"other":{"reference":"Patient/p1"}}]})");
  EXPECT_TRUE(run("src -> tgt.telecom as t, t.value = uuid();", source).starts_with("M407"));
}

TEST(Run, CopiesWholeElements) {
  EXPECT_EQ(run("src.name -> tgt.name;", R"("name":[{"family":"a","given":["b","c"]}])"),
            R"({"name":[{"family":"a","given":["b","c"]}]})");
  EXPECT_EQ(run("src.active -> tgt.active; src.birthDate -> tgt.birthDate;",
                R"("active":true,"birthDate":"1980")"),
            R"({"active":true,"birthDate":"1980"})");
}

TEST(Run, WritesExtensionsOfPrimitives) {
  EXPECT_EQ(run("src -> tgt.birthDate as b, b.extension as e, e.url = 'urn:x', e.value = 'y';", ""),
            R"({"_birthDate":{"extension":[{"url":"urn:x","valueString":"y"}]}})");
}

TEST(Run, MembersComeInTheOrderOfTheType) {
  EXPECT_EQ(run("src -> tgt.gender = 'male'; src -> tgt.active = true; src -> tgt.id = 'x';", ""),
            R"({"id":"x","active":true,"gender":"male"})");
}

TEST(Run, EscapesText) {
  EXPECT_EQ(run("src.name as n, n.text as v -> tgt.telecom as t, t.value = v;",
                R"("name":[{"text":"\"\\\u0001 and a long tail with \n a line break"}])"),
            R"({"telecom":[{"value":"\"\\\u0001 and a long tail with \n a line break"}]})");
}

TEST(Run, Constants) {
  EXPECT_EQ(compile_and_run(std::string("map \"http://x/y\" = \"y\"\n"
                                        "let system = 'http://s';\nlet both = system & '/x';\n") +
                                "group g(source src : Patient, target tgt : Patient) {\n"
                                "  src -> tgt.identifier = id(both, 'v');\n}",
                            R"({"resourceType":"Patient"})"),
            R"({"resourceType":"Patient","identifier":[{"system":"http://s/x","value":"v"}]})");
}

TEST(Run, StopsGroupsThatCallThemselves) {
  EXPECT_TRUE(compile_and_run(std::string(kHead) +
                                  "group g(source src : Patient, target tgt : Patient) {\n"
                                  "  src -> tgt as t then g(src, t);\n}",
                              R"({"resourceType":"Patient"})")
                  .starts_with("M708"));
}

TEST(Run, RefusesValuesThatTheTypeDoesNotAllow) {
  EXPECT_TRUE(
      run("src.name first as n, n.text as v -> tgt.gender = v;", R"("name":[{"text":" a"}])")
          .starts_with("M711"));
  EXPECT_TRUE(run("src.name first as n, n.text as v -> tgt.birthDate = cast(v, 'date');",
                  R"("name":[{"text":"1980-13"}])")
                  .starts_with("M706"));
}

TEST(Check, FindsMistakesWhenLoading) {
  const auto codes = [](const std::string& rules) { return run(rules, ""); };
  EXPECT_EQ(codes("src.nam as n -> tgt.name as t;"), "M302 ");
  EXPECT_EQ(codes("src.name as n -> tgt.nam as t;"), "M302 ");
  EXPECT_EQ(codes("src -> tgt.gender = 'mal';"), "M502 ");
  EXPECT_EQ(codes("src -> tgt.deceased = '1980';"), "M307 ");
  EXPECT_EQ(codes("src -> tgt.birthDate = '1980-2';"), "M405 ");
  EXPECT_EQ(codes("src -> tgt.active = 'true';"), "M307 ");
  EXPECT_EQ(codes("src.name as n, n.given as g -> tgt.gender = g;"), "M601 ");
  EXPECT_EQ(codes("src -> tgt.contact = create('Patient');"), "M307 ");
  EXPECT_EQ(codes("src -> tgt.contained as c;"), "M311 ");
  EXPECT_EQ(codes("src -> tgt.deceased as d;"), "M306 ");
  EXPECT_EQ(codes("src -> tgt.name as n then h(src, n);"), "M203 ");
  EXPECT_EQ(codes("src -> tgt.name as n then g(src);"), "M303 ");
  EXPECT_EQ(codes("src -> tgt.name as n then g(src, n);"), "M305 ");
  EXPECT_EQ(codes("src -> tgt.name as n then g(n, src);"), "M304 ");
  EXPECT_EQ(codes("src -> tgt.gender = translate(src, 'http://x/cm', 'code');"), "M501 ");
  EXPECT_EQ(codes("src -> tgt.gender = trunc(src, 1);"), "M401 ");
  EXPECT_EQ(codes("src -> tgt.gender = truncate(src);"), "M402 ");
  EXPECT_EQ(codes("src -> src.gender = 'male';"), "M310 ");
  EXPECT_EQ(codes("tgt.name as n -> tgt.gender = 'male';"), "M309 ");
  EXPECT_EQ(codes("x.name as n -> tgt.gender = 'male';"), "M204 ");
  EXPECT_EQ(codes("src where (a b) -> tgt.gender = 'male';"), "M403 ");
  EXPECT_EQ(codes("src -> uuid();"), "M404 ");
  EXPECT_EQ(codes("src.gender 2..3 as g -> tgt.gender = g;"), "M603 ");
  EXPECT_EQ(codes("src.deceased : Quantity as q -> tgt.gender = 'male';"), "M313 ");
  EXPECT_EQ(codes("src.birthDate as v -> tgt.active = v;"), "M308 ");
}

TEST(Run, WritesClinicRecords) {
  const std::string head =
      "map \"http://x/y\" = \"y\"\n"
      "uses \"http://hl7.org/fhir/StructureDefinition/Patient\" alias Patient as source\n"
      "uses \"http://kap-gateway.org/fhir/StructureDefinition/clinic-Record\" alias Record as "
      "target\n"
      "group g(source src : Patient, target record : Record) {\n";
  const std::string made = compile_and_run(
      head +
          "src.id as id -> record.recordId = id;\n"
          "src.birthDate as b -> record.patient as p, p.birthDate = b;\n"
          "src -> record.patient as p, p.gender = 'ADMINISTRATIVE_GENDER_FEMALE', p.inactive = "
          "true;\n"
          "src -> record.treatmentSession as t, t.totalDoseMg = 0.50, t.sessionNumber = 2;\n}",
      R"({"resourceType":"Patient","id":"p-1","birthDate":"1980-01-01"})");
  EXPECT_EQ(made, R"({"recordId":"p-1","patient":{"gender":"ADMINISTRATIVE_GENDER_FEMALE",)"
                  R"("birthDate":"1980-01-01","inactive":true},)"
                  R"("treatmentSession":{"sessionNumber":2,"totalDoseMg":"0.50"}})");
  EXPECT_EQ(compile_and_run(head + "src -> record.patient as p, p.gender = 'female';\n}", "{}"),
            "M502 ");
}

TEST(IdPolicy, DependsOnEveryPartAndOnTheKey) {
  const std::vector<std::uint8_t> key(32, 7);
  const std::vector<std::uint8_t> other(32, 8);
  const auto text = [](const IdPolicy& policy, std::string_view clinic, std::string_view type,
                       std::string_view local) {
    const auto hash = policy.hash(clinic, type, local);
    return std::string(hash.data(), hash.size());
  };
  const IdPolicy policy = IdPolicy::hashed(key);
  const std::string one = text(policy, "c", "Patient", "p");
  EXPECT_EQ(one.size(), 26U);
  EXPECT_EQ(one.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
  EXPECT_EQ(text(policy, "c", "Patient", "p"), one);
  EXPECT_NE(text(policy, "d", "Patient", "p"), one);
  EXPECT_NE(text(policy, "c", "Encounter", "p"), one);
  EXPECT_NE(text(policy, "c", "Patient", "q"), one);
  EXPECT_NE(text(IdPolicy::hashed(other), "c", "Patient", "p"), one);
  // HMAC-SHA-256 of "c\x1fPatient\x1fp" under 32 bytes of 7, by another implementation.
  EXPECT_EQ(one, "ndgfwev4qow6ivlkzpvmd4w55a");
}

}  // namespace
}  // namespace kap::mappings

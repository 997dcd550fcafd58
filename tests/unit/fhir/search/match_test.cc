#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/match.h"

namespace kap::fhir::search {
namespace {

constexpr std::string_view kObservation = R"({"resourceType":"Observation","id":"o1",
  "status":"final",
  "code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},
  "subject":{"reference":"Patient/p1"},
  "effectiveDateTime":"2024-03-15T10:00:00Z",
  "valueQuantity":{"value":128,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"},
  "component":[
    {"code":{"coding":[{"code":"a"}]},"valueQuantity":{"value":1}},
    {"code":{"coding":[{"code":"b"}]},"valueQuantity":{"value":2}}]})";

bool finds(std::string_view resource, const std::string& name, const std::string& value) {
  const auto document = json::parse(resource);
  const auto entries = extract(document->root, Composites::kExtract);
  const std::vector<std::pair<std::string, std::string>> parameters{{name, value}};
  const Instant now(std::chrono::milliseconds(1'710'500'000'000));
  const auto query = parse_query(document->root.string("resourceType"), parameters,
                                 QueryOptions{.handling = Handling::kStrict, .now = now});
  EXPECT_TRUE(query.has_value()) << name << "=" << value << ": "
                                 << (query ? "" : query.error().summary());
  if (!query.has_value()) return false;
  return matches(
      Candidate{.id = document->root.string("id"), .last_updated = now, .entries = *entries},
      *query);
}

struct Row {
  const char* name;
  const char* value;
  bool expected;
};

TEST(Matches, Observation) {
  const Row rows[] = {
      {"status", "final", true},
      {"status", "Final", false},
      {"status", "amended,final", true},
      {"status:not", "final", false},
      {"status:not", "amended", true},
      {"status", "http://hl7.org/fhir/observation-status|final", true},
      {"code", "8480-6", true},
      {"code", "http://loinc.org|", true},
      {"code", "|8480-6", false},
      {"code", "http://snomed.info/sct|8480-6", false},
      {"subject", "Patient/p1", true},
      {"subject", "p1", true},
      {"subject", "Group/p1", false},
      {"subject:Patient", "p1", true},
      {"patient", "p1", true},
      {"patient:missing", "false", true},
      {"encounter:missing", "true", true},
      {"encounter:missing", "false", false},
      {"date", "2024-03-15", true},
      {"date", "2024", true},
      {"date", "ne2024", false},
      {"date", "2024-03-16", false},
      {"date", "gt2024-03-15", false},
      {"date", "ge2024-03-15", true},
      {"date", "lt2024-03-15T10:00:00Z", false},
      {"date", "le2024-03-15T10:00:00Z", true},
      {"date", "sa2024-03-14", true},
      {"date", "eb2024-03-16", true},
      {"date", "eb2024-03-15", false},
      {"date", "ap2024-03-15", true},
      {"value-quantity", "128", true},
      {"value-quantity", "128.0", true},
      {"value-quantity", "127.6", false},
      {"value-quantity", "1.3e2", true},
      {"value-quantity", "gt127|http://unitsofmeasure.org|mm[Hg]", true},
      {"value-quantity", "gt128", false},
      {"value-quantity", "ge128||mmHg", true},
      {"value-quantity", "12.8|http://unitsofmeasure.org|cm[Hg]", true},
      {"value-quantity", "128|http://unitsofmeasure.org|kg", false},
      {"value-quantity", "ap120", true},
      {"_id", "o1", true},
      {"_id", "o2,o1", true},
      {"_id", "o2", false},
      {"_lastUpdated", "2024-03-15", true},
      {"_lastUpdated", "gt2024-03-16", false},
      {"component-code-value-quantity", "a$1", true},
      {"component-code-value-quantity", "a$2", false},
      {"component-code-value-quantity", "a$gt5,b$2", true},
  };
  for (const Row& row : rows)
    EXPECT_EQ(finds(kObservation, row.name, row.value), row.expected)
        << row.name << "=" << row.value;
}

TEST(Matches, StringsAndUris) {
  constexpr std::string_view kPatient = R"({"resourceType":"Patient","name":[{"family":"Åkesson"}],
      "address":[{"city":"São Paulo"}]})";
  EXPECT_TRUE(finds(kPatient, "family", "ake"));
  EXPECT_FALSE(finds(kPatient, "family", "kess"));
  EXPECT_TRUE(finds(kPatient, "family:contains", "KESS"));
  EXPECT_TRUE(finds(kPatient, "family:exact", "Åkesson"));
  EXPECT_FALSE(finds(kPatient, "family:exact", "akesson"));
  EXPECT_TRUE(finds(kPatient, "address-city", "sao"));
  constexpr std::string_view kValueSet =
      R"({"resourceType":"ValueSet","url":"http://a.example/vs/1"})";
  EXPECT_TRUE(finds(kValueSet, "url", "http://a.example/vs/1"));
  EXPECT_FALSE(finds(kValueSet, "url", "http://a.example/vs"));
  EXPECT_TRUE(finds(kValueSet, "url:below", "http://a.example/vs"));
  EXPECT_FALSE(finds(kValueSet, "url:below", "http://a.example/v"));
  EXPECT_TRUE(finds(kValueSet, "url:above", "http://a.example/vs/1/2"));
}

TEST(Matches, OpenPeriods) {
  constexpr std::string_view kEncounter =
      R"({"resourceType":"Encounter","period":{"start":"2024-01-01"}})";
  EXPECT_TRUE(finds(kEncounter, "date", "gt2030"));
  EXPECT_FALSE(finds(kEncounter, "date", "lt2024"));
  EXPECT_FALSE(finds(kEncounter, "date", "2024"));
  EXPECT_TRUE(finds(kEncounter, "date", "ap2025"));
}

}  // namespace
}  // namespace kap::fhir::search

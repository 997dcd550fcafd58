#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "fhir/definitions/search_parameters.h"
#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"

namespace kap::fhir::search {
namespace {

/// The entries of one parameter of a resource.
std::vector<EntryValue> entries(std::string_view text, std::string_view code,
                                Composites composites = Composites::kOmit) {
  const auto document = json::parse(text);
  EXPECT_TRUE(document.has_value()) << (document ? "" : document.error().summary());
  const auto* parameter =
      definitions::find_search_parameter(document->root.string("resourceType"), code);
  EXPECT_NE(parameter, nullptr) << code;
  const auto all = extract(document->root, composites);
  EXPECT_TRUE(all.has_value()) << (all ? "" : all.error().summary());
  std::vector<EntryValue> out;
  for (const IndexEntry& entry : *all)
    if (entry.parameter == parameter->id) out.push_back(entry.value);
  return out;
}

using Values = std::vector<EntryValue>;

TEST(Extract, EveryParameterOfEveryTypeCompiles) {
  const auto status = load();
  EXPECT_TRUE(status.has_value()) << (status ? "" : status.error().summary());
}

TEST(Extract, NamesByPart) {
  const std::string patient = R"({"resourceType":"Patient","name":[
      {"family":"Núñez  Ørsted","given":["José","José"],"text":"Dr. José"}]})";
  EXPECT_EQ(entries(patient, "family"),
            Values({StringEntry{.normalized = "nunez orsted", .exact = "Núñez  Ørsted"}}));
  EXPECT_EQ(entries(patient, "given"),
            Values({StringEntry{.normalized = "jose", .exact = "José"}}));
  EXPECT_EQ(entries(patient, "name"),
            Values({StringEntry{.normalized = "nunez orsted", .exact = "Núñez  Ørsted"},
                    StringEntry{.normalized = "jose", .exact = "José"},
                    StringEntry{.normalized = "dr. jose", .exact = "Dr. José"}}));
}

TEST(Extract, TokensOfEachType) {
  const std::string patient = R"({"resourceType":"Patient","active":true,"gender":"female",
      "identifier":[{"system":"urn:mrn","value":"A1"},{"value":"B2"},{"system":"urn:only"}],
      "telecom":[{"system":"email","value":"a@example.org"}],
      "deceasedDateTime":"2020-01-01"})";
  EXPECT_EQ(entries(patient, "active"), Values({TokenEntry{.system = "", .code = "true"}}));
  EXPECT_EQ(entries(patient, "gender"),
            Values({TokenEntry{.system = "http://hl7.org/fhir/administrative-gender",
                               .code = "female"}}));
  EXPECT_EQ(entries(patient, "identifier"), Values({TokenEntry{.system = "urn:mrn", .code = "A1"},
                                                    TokenEntry{.system = "", .code = "B2"},
                                                    TokenEntry{.system = "urn:only", .code = ""}}));
  EXPECT_EQ(entries(patient, "email"), Values({TokenEntry{.system = "", .code = "a@example.org"}}));
  EXPECT_EQ(entries(patient, "phone"), Values());
  EXPECT_EQ(entries(patient, "deceased"), Values({TokenEntry{.system = "", .code = "true"}}));
}

TEST(Extract, WhatAsksForAbsenceIsAnswered) {
  EXPECT_EQ(entries(R"({"resourceType":"Patient"})", "deceased"),
            Values({TokenEntry{.system = "", .code = "false"}}));
  EXPECT_EQ(entries(R"({"resourceType":"Patient","_birthDate":{"id":"x"}})", "birthdate"),
            Values());
  EXPECT_EQ(entries(R"({"resourceType":"Patient","meta":{"tag":[{"code":"HTEST"}]}})", "_tag"),
            Values({TokenEntry{.system = "", .code = "HTEST"}}));
}

TEST(Extract, ReferencesByTheTypeInTheirText) {
  const std::string observation = R"({"resourceType":"Observation",
      "subject":{"reference":"Patient/p-1/_history/2"},
      "performer":[{"reference":"Practitioner/d1"},{"reference":"#c"},
                   {"reference":"https://other.example/fhir/Organization/o9"},
                   {"identifier":{"system":"urn:npi","value":"123"}}]})";
  const EntryValue patient = ReferenceEntry{.type = "Patient", .id = "p-1", .url = ""};
  EXPECT_EQ(entries(observation, "subject"), Values({patient}));
  EXPECT_EQ(entries(observation, "patient"), Values({patient}));
  EXPECT_EQ(entries(observation, "performer"),
            Values({ReferenceEntry{.type = "Practitioner", .id = "d1", .url = ""},
                    ReferenceEntry{.type = "Organization",
                                   .id = "",
                                   .url = "https://other.example/fhir/Organization/o9"},
                    TokenEntry{.system = "urn:npi", .code = "123"}}));
  EXPECT_EQ(
      entries(R"({"resourceType":"Observation","subject":{"reference":"Group/g"}})", "patient"),
      Values());
  EXPECT_EQ(entries(R"({"resourceType":"Observation",
                        "subject":{"reference":"urn:uuid:1","type":"Patient"}})",
                    "patient"),
            Values({ReferenceEntry{.type = "", .id = "", .url = "urn:uuid:1"}}));
}

TEST(Extract, DatesSpanTheirPrecision) {
  constexpr std::int64_t kDay = 86'400'000;
  const auto birth = entries(R"({"resourceType":"Patient","birthDate":"1970-01"})", "birthdate");
  EXPECT_EQ(birth, Values({DateEntry{.low = 0, .high = 31 * kDay}}));
  const auto open = entries(
      R"({"resourceType":"Encounter","period":{"start":"1970-01-01T02:00:00+02:00"}})", "date");
  EXPECT_EQ(open, Values({DateEntry{.low = 0, .high = std::numeric_limits<std::int64_t>::max()}}));
  const auto timing = entries(R"({"resourceType":"Observation",
      "effectiveTiming":{"event":["1970-01-03","1970-01-01"]}})",
                              "date");
  EXPECT_EQ(timing, Values({DateEntry{.low = 0, .high = 3 * kDay}}));
  EXPECT_EQ(entries(R"({"resourceType":"Patient","birthDate":"1970-13"})", "birthdate"), Values());
}

TEST(Extract, QuantitiesInBaseUnits) {
  const auto found = entries(R"({"resourceType":"Observation","valueQuantity":{"value":0.50,
      "unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}})",
                             "value-quantity");
  EXPECT_EQ(found, Values({QuantityEntry{.value = {.low = 0.5, .high = 0.5},
                                         .system = "http://unitsofmeasure.org",
                                         .code = "mg",
                                         .unit = "mg",
                                         .canonical = {.low = 0.0005, .high = 0.0005},
                                         .canonical_code = "g"}}));
  const auto below = entries(R"({"resourceType":"Observation",
      "valueQuantity":{"value":5,"comparator":"<"}})",
                             "value-quantity");
  ASSERT_EQ(below.size(), 1U);
  EXPECT_EQ(std::get<QuantityEntry>(below[0]).value.low, -std::numeric_limits<double>::infinity());
}

TEST(Extract, CompositesByGroup) {
  const std::string text = R"({"resourceType":"Observation",
      "code":{"coding":[{"system":"urn:c","code":"x"}]},
      "component":[
        {"code":{"coding":[{"code":"a"}]},"valueQuantity":{"value":1}},
        {"code":{"coding":[{"code":"b"}]},"valueQuantity":{"value":2}}]})";
  EXPECT_EQ(entries(text, "component-code-value-quantity"), Values());
  const auto document = json::parse(text);
  const auto all = extract(document->root, Composites::kExtract);
  ASSERT_TRUE(all.has_value());
  const auto* parameter =
      definitions::find_search_parameter("Observation", "component-code-value-quantity");
  std::vector<std::pair<int, int>> places;
  for (const IndexEntry& entry : *all)
    if (entry.parameter == parameter->id) places.emplace_back(entry.group, entry.component);
  EXPECT_EQ(places, (std::vector<std::pair<int, int>>{{1, 1}, {1, 2}, {2, 1}, {2, 2}}));
}

TEST(Extract, RefusesWhatIsNoResource) {
  const auto document = json::parse(R"({"resourceType":"Horse"})");
  EXPECT_FALSE(extract(document->root).has_value());
}

TEST(Extract, ManyValuesOfOneParameterAreDistinct) {
  std::string text = R"({"resourceType":"ValueSet","expansion":{"contains":[)";
  for (int i = 0; i < 200; ++i)
    text += (i == 0 ? "" : ",") + std::string(R"({"code":"c)") + std::to_string(i % 50) + "\"}";
  text += "]}}";
  EXPECT_EQ(entries(text, "code").size(), 50U);
}

TEST(Extract, TheOfficialExamplesYieldEntries) {
  const char* shared = std::getenv("KAP_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared
                                              : std::string(KAP_SOURCE_DIR) + "/../shared") /
      "test-suites/fhirpath-r4/input";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no examples at " << folder << "; KAP_SHARED names the shared folder";
  std::size_t entries = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const auto document = json::parse(text.str());
    ASSERT_TRUE(document.has_value()) << file.path();
    const auto found = extract(document->root, Composites::kExtract);
    ASSERT_TRUE(found.has_value()) << file.path() << found.error().summary();
    entries += found->size();
  }
  EXPECT_GT(entries, 50U);
}

TEST(Normalize, FoldsCaseAccentsAndSpace) {
  EXPECT_EQ(normalize("  Ágnes\t\nŁódź "), "agnes lodz");
  EXPECT_EQ(normalize("STRASSE"), normalize("Straße"));
  EXPECT_EQ(normalize("e\xCC\x81"), "e");  // a combining mark
  EXPECT_EQ(normalize(""), "");
}

}  // namespace
}  // namespace kap::fhir::search

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/search/query.h"

/// Queries broken at random: each is parsed or refused with the name of the parameter.
namespace kap::fhir::search {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kSeeds{{
    {"code", "http://loinc.org|8480-6,|x,y\\|z"},
    {"date", "ge2024-02-29T10:00:00.123+01:00"},
    {"date:missing", "true"},
    {"value-quantity", "ap5.40e1|http://unitsofmeasure.org|mg/(kg.h)"},
    {"subject:Patient.family:exact", "Ødegård"},
    {"subject", "https://gateway.example/fhir/Patient/p-1"},
    {"patient:identifier", "urn:mrn|1"},
    {"_has:Provenance:target:recorded", "lt2024"},
    {"code-value-quantity", "a|b$gt1||mg"},
    {"component-code-value-concept", "a$b|c"},
    {"_sort", "-date,status,_lastUpdated"},
    {"_include:iterate", "Patient:organization:Organization"},
    {"_revinclude", "Provenance:target"},
    {"_count", "10"},
    {"_summary", "count"},
    {"_id", "a,b"},
}};

std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kPieces = "|,$\\:.-_/%+0123456789eEtT gelsapzZ*\xC3\x98\xFF";
  for (int i = 0; i < 2; ++i) {
    const std::size_t at = random() % (text.size() + 1);
    if (random() % 3 == 0)
      text.erase(at, random() % 4);
    else if (random() % 2 == 0)
      text.insert(at, 1, kPieces[random() % kPieces.size()]);
    else if (at < text.size())
      text[at] = kPieces[random() % kPieces.size()];
  }
  return text;
}

TEST(Mutations, AreParsedOrRefusedByName) {
  std::mt19937 random(19700101);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::pair<std::string, std::string>> parameters;
    for (std::size_t n = 0; n <= random() % 3; ++n) {
      const auto& [name, value] = kSeeds[random() % kSeeds.size()];
      const bool keep_name = random() % 2 == 0;
      parameters.emplace_back(keep_name ? std::string(name) : mutated(std::string(name), random),
                              mutated(std::string(value), random));
    }
    const auto query =
        parse_query("Observation", parameters,
                    {.handling = random() % 2 == 0 ? Handling::kStrict : Handling::kLenient,
                     .base_url = "https://gateway.example/fhir"});
    if (query.has_value()) continue;
    for (const Issue& issue : query.error().issues()) {
      EXPECT_FALSE(issue.diagnostics.empty());
      EXPECT_TRUE(std::ranges::any_of(
          parameters, [&](const auto& parameter) { return parameter.first == issue.expression; }));
    }
  }
}

}  // namespace
}  // namespace kap::fhir::search

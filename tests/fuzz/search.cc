#include <string>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/match.h"
#include "fhir/search/query.h"
#include "tests/fuzz/input.h"

namespace {

namespace json = kap::fhir::json;
namespace search = kap::fhir::search;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p","active":true,
  "identifier":[{"system":"http://example.org","value":"1"}],"name":[{"family":"Muster",
  "given":["Ada"]}],"gender":"female","birthDate":"1980-02","generalPractitioner":[{"reference":
  "Practitioner/x"}],"deceasedDateTime":"2020-01-01T00:00:00Z","_active":{"id":"a"}})";

/// `name=value&name=value`; `+` and percent encoding are undone before, by the transport.
Pairs to_pairs(std::string_view query) {
  Pairs out;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    const std::size_t sign = std::min(part.find('='), part.size());
    out.emplace_back(part.substr(0, sign), part.substr(std::min(sign + 1, part.size())));
  }
  return out;
}

}  // namespace

/// `Type?query`: parsed under both handlings; what parses is matched against a Patient.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kDocument = json::parse(kPatient);
  static const auto kEntries = search::extract(kDocument->root);
  const std::string_view text = kap::fuzz::to_text(data, size);
  const std::size_t mark = std::min(text.find('?'), text.size());
  const Pairs pairs = to_pairs(text.substr(std::min(mark + 1, text.size())));
  for (const auto handling : {search::Handling::kLenient, search::Handling::kStrict}) {
    const auto query =
        search::parse_query(text.substr(0, mark), pairs,
                            {.handling = handling, .base_url = "https://example.org/fhir"});
    if (!query.has_value()) {
      kap::fuzz::require(!query.error().issues().empty());
      continue;
    }
    const search::Candidate candidate{.id = "p", .entries = *kEntries};
    (void)search::matches(candidate, *query);
  }
  return 0;
}

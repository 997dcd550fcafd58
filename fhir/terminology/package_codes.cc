#include "fhir/terminology/package_codes.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "fhir/definitions/value_sets.h"

namespace kap::fhir::terminology {
namespace {

std::pair<std::string_view, std::string_view> key(const Concept& item) {
  return {item.system, item.code};
}

/// Sorted by system and code; of a code in several value sets one with a display.
std::vector<Concept> collect() {
  std::vector<Concept> all;
  for (const definitions::ValueSetDef& value_set : definitions::all_value_sets())
    for (const definitions::CodeDef& code : value_set.codes)
      all.push_back({.system = code.system, .code = code.code, .display = code.display});
  std::ranges::sort(all, {}, [](const Concept& item) {
    return std::tuple(item.system, item.code, item.display.empty(), item.display);
  });
  const auto rest = std::ranges::unique(all, {}, key);
  all.erase(rest.begin(), rest.end());
  return all;
}

}  // namespace

const Concept* find_package_code(std::string_view system, std::string_view code) {
  static const std::vector<Concept> kAll = collect();
  const std::pair wanted{system, code};
  const auto found = std::ranges::lower_bound(kAll, wanted, {}, key);
  return found == kAll.end() || key(*found) != wanted ? nullptr : &*found;
}

}  // namespace kap::fhir::terminology

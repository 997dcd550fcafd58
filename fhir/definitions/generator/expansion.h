#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions/generator/package.h"

namespace kap::fhir::definitions::generator {

struct ExpandedCode {
  std::string system;
  std::string code;
  std::string display;
  friend bool operator==(const ExpandedCode& left, const ExpandedCode& right) {
    return left.system == right.system && left.code == right.code;
  }
};
using Expansion = std::vector<ExpandedCode>;

/// All codes of a value set, http://hl7.org/fhir/R4/valueset.html#composition; nothing where the
/// package does not hold every code (SNOMED CT as a whole, a filter on a property it lacks).
[[nodiscard]] std::optional<Expansion> expand(const Package& package, std::string_view url);

/// What is known of a value set that is not here with every code: the codes of the systems that
/// are, and the systems of which any code may be in it.
struct PartialExpansion {
  Expansion codes;
  std::set<std::string, std::less<>> open_systems;
  bool any_system = false;  // it imports a value set that is not here
};
[[nodiscard]] PartialExpansion expand_partly(const Package& package, std::string_view url);

}  // namespace kap::fhir::definitions::generator

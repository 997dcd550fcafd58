#pragma once

#include <span>
#include <string_view>

#include "fhir/definitions/value_sets.h"

namespace kap::fhir::definitions {

/// A value set of which not every code is here, because it takes codes of a system (SNOMED CT,
/// LOINC, UCUM, ...) that is not: what is known of it all the same.
struct OpenValueSetDef {
  /// The codes that are certainly in it, of systems that are not open.
  ValueSetDef known;
  /// Any code of these systems may be in it.
  std::span<const std::string_view> open_systems;
  /// Any code of any system may be.
  bool is_open = false;
  std::string_view package;  // `hl7.fhir.us.core#6.1.0`
};

/// `url` with or without `|version`; of several packages that have it, the one of that name, else
/// the first. nullptr where nothing is known of it.
[[nodiscard]] const OpenValueSetDef* find_open_value_set(std::string_view url,
                                                         std::string_view package = {});
[[nodiscard]] std::span<const OpenValueSetDef> all_open_value_sets();

}  // namespace kap::fhir::definitions

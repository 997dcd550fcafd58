#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kap::fhir::definitions {

struct CodeDef {
  std::string_view system;
  std::string_view code;
  std::string_view display;
};

/// The expansion of a value set of the R4 core package, complete: a value set whose codes are not
/// all in the package (SNOMED CT, LOINC, UCUM, MIME types) is not in the tables at all.
struct ValueSetDef {
  std::string_view url;
  std::string_view version;
  std::span<const CodeDef> codes;
  std::span<const std::uint16_t> slots;  // hash of a code -> index in codes + 1; 0 is empty
};

/// `url` with or without `|version`; nullptr where the tables do not hold it.
[[nodiscard]] const ValueSetDef* find_value_set(std::string_view url);
[[nodiscard]] std::span<const ValueSetDef> all_value_sets();

/// The code whatever its system (what a `code` element states), or nullptr.
[[nodiscard]] const CodeDef* find_code(const ValueSetDef& value_set, std::string_view code);
[[nodiscard]] const CodeDef* find_code(const ValueSetDef& value_set, std::string_view system,
                                       std::string_view code);

}  // namespace kap::fhir::definitions

#pragma once

#include <cstdint>
#include <string_view>

namespace kap::fhir::definitions {

enum class CodeKnowledge : std::uint8_t {
  kKnown,
  kUnknown,          // the system is here with all its codes, and this is none of them
  kSystemElsewhere,  // the system is not here
};

/// Whether a code system of the packages of R4 and US Core has a code; in any version of it that is
/// here. A search through the system's line: for validation, not for lookups by the thousand.
[[nodiscard]] CodeKnowledge find_in_code_system(std::string_view system, std::string_view code);

}  // namespace kap::fhir::definitions

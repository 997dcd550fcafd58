#pragma once

#include <string_view>

#include "fhir/terminology/terminology.h"

namespace kap::fhir::terminology {

/// A code that some value set of the R4 package holds, with its display, or nullptr. Internal to
/// this folder.
[[nodiscard]] const Concept* find_package_code(std::string_view system, std::string_view code);

}  // namespace kap::fhir::terminology

#pragma once

#include <string>
#include <string_view>

namespace kap::mappings {

/// The base of every canonical url of this project; the one place that states it
/// (docs/decisions/0040).
inline constexpr std::string_view kCanonicalBase = "http://kap-gateway.org/fhir";

/// The canonical url of a message of the clinic contract, as in `uses "…/clinic-Record" as source`.
[[nodiscard]] inline std::string clinic_model_url(std::string_view message) {
  return std::string(kCanonicalBase) + "/StructureDefinition/clinic-" + std::string(message);
}

}  // namespace kap::mappings

#pragma once

#include <string_view>

#include "mappings/engine/node.h"

namespace kap::mappings {

/// The id in the first `Patient/…` reference of the elements that put the resource into the
/// Patient compartment (http://hl7.org/fhir/R4/compartmentdefinition-patient.html); a Patient's
/// own id; empty where there is none.
[[nodiscard]] std::string_view compartment_patient(const OutNode& resource);

}  // namespace kap::mappings

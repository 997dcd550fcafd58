#pragma once

#include <optional>
#include <string_view>

#include "fhir/search/query.h"

namespace kap::fhir::search {

/// The criterion that resources of that type in the compartment fulfil
/// (http://hl7.org/fhir/R4/compartmentdefinition.html); nothing: the type is never in it.
[[nodiscard]] std::optional<Criterion> in_compartment(const Compartment& compartment,
                                                      std::string_view type);

}  // namespace kap::fhir::search

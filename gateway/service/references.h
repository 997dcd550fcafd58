#pragma once

#include <string>
#include <string_view>

#include "fhir/json/value.h"

namespace kap::gateway::service {

/// Writes every Reference.reference that begins with our own base URL as a relative one, so that
/// it is found by searches and puts its resource into the right compartment.
void make_references_local(fhir::json::Document& resource, std::string_view base_url);

/// The element that holds a Reference to `Type/id`, such as `Observation.subject`; empty: none.
[[nodiscard]] std::string path_of_reference(const fhir::json::Value& resource,
                                            std::string_view reference);

}  // namespace kap::gateway::service

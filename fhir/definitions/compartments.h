#pragma once

#include <span>
#include <string_view>

namespace kap::fhir::definitions {

/// The resource type is in the compartment where one of the search parameters (or the resource
/// itself, for the code `{def}`) names the compartment's resource.
struct CompartmentMember {
  std::string_view resource_type;
  std::span<const std::string_view> parameters;  // codes of search parameters
};

/// http://hl7.org/fhir/R4/compartmentdefinition.html
struct CompartmentDef {
  std::string_view code;  // `Patient`, `Encounter`, `RelatedPerson`, `Practitioner`, `Device`
  std::string_view url;
  std::span<const CompartmentMember> members;  // in the order of resource types; only those in it
};

[[nodiscard]] std::span<const CompartmentDef> all_compartments();
[[nodiscard]] const CompartmentDef* find_compartment(std::string_view code);
/// The parameters that put `resource_type` into the compartment; empty where it is never in it.
[[nodiscard]] std::span<const std::string_view> compartment_parameters(
    std::string_view code, std::string_view resource_type);

}  // namespace kap::fhir::definitions

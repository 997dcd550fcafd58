#pragma once

#include <string_view>

#include "fhir/definitions/types.h"
#include "fhir/json/value.h"

namespace kap::fhir::validate {

struct Scope;

/// What a reference names: the resource where it is part of the instance, else its type where the
/// text says it (`Patient/1`).
struct Target {
  const json::Value* resource = nullptr;
  const definitions::TypeDef* type = nullptr;
};

/// Within the container (`#id`) and the Bundle around it, http://hl7.org/fhir/R4/references.html
/// and http://hl7.org/fhir/R4/bundle.html#references.
[[nodiscard]] Target resolve_reference(std::string_view reference, const Scope& scope);

}  // namespace kap::fhir::validate

#pragma once

#include "fhir/json/value.h"
#include "fhir/path/element.h"
#include "fhir/path/model.h"

namespace kap::mappings {

/// json_model() with what other mapping engines also accept in conditions: a choice element by its
/// JSON name (`valueString`) and `value` of a primitive.
[[nodiscard]] const fhir::path::Model& fhir_model();

[[nodiscard]] fhir::path::Element fhir_element(const fhir::json::Value& resource);

}  // namespace kap::mappings

#pragma once

#include <string_view>

#include "fhir/json/value.h"
#include "fhir/path/element.h"
#include "fhir/path/model.h"

namespace kap::fhir::path {

/// FHIR JSON with the R4 definitions: choice elements by their base name, `_field` siblings as
/// id and extension of primitives, types of primitives from the definitions. Shared and immutable.
[[nodiscard]] const Model& json_model();

/// The root of a resource; its type comes from `resourceType`. The tree must outlive the element.
[[nodiscard]] Element json_element(const json::Value& resource);
/// A value of a named type that is not a resource (`Period`, `string`); with an unknown name or an
/// empty one it is read without definitions: strings are strings, numbers numbers.
[[nodiscard]] Element json_element(const json::Value& value, std::string_view type);

/// The JSON behind an element of json_model(); nullptr for a primitive that has only extensions.
[[nodiscard]] const json::Value* json_value(const Element& element);

}  // namespace kap::fhir::path

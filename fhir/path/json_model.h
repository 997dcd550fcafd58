#pragma once

#include <string_view>

#include "fhir/definitions/types.h"
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

/// A value of that type, reached by `definition` (nullptr at a root); of a primitive `sibling` is
/// its `_name` member, and `value` is nullptr where it has that alone.
[[nodiscard]] Element json_element(const json::Value* value, const json::Value* sibling,
                                   const definitions::TypeDef& type,
                                   const definitions::ElementDef* definition);

/// The JSON behind an element of json_model(); nullptr for a primitive that has only extensions.
[[nodiscard]] const json::Value* json_value(const Element& element);
/// The `_name` sibling that holds id and extensions of a primitive; nullptr where there is none.
[[nodiscard]] const json::Value* json_sibling(const Element& element);

/// The type of an element of json_model(); nullptr where it was read without definitions.
[[nodiscard]] const definitions::TypeDef* json_type(const Element& element);

/// The definition by which an element of json_model() was reached; nullptr at the root.
[[nodiscard]] const definitions::ElementDef* json_definition(const Element& element);

/// Stands for a resource of which only the type is known, as the answer of Host::resolve():
/// `resolve() is Patient` can be told from the text of a reference.
[[nodiscard]] Element json_stub(const definitions::TypeDef& type);

}  // namespace kap::fhir::path

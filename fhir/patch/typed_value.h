#pragma once

#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/definitions/types.h"
#include "fhir/json/value.h"
#include "fhir/patch/element_list.h"

/// From a part of a Parameters resource (`valueX`, `resource` or parts of its own) to the JSON of
/// the element it is meant for, http://hl7.org/fhir/R4/fhirpatch.html.
namespace kap::fhir::patch {

struct TypedValue {
  /// What it becomes: for a choice element the member of its type (`valueQuantity`).
  const definitions::MemberDef* member = nullptr;
  Entry entry;
};

/// What a refusal says; the caller adds the place of the operation.
struct Refusal {
  IssueType code = IssueType::kValue;
  std::string message;
};

template <class T>
using Built = std::expected<T, Refusal>;

/// The value of `part` as an item of `element` of type `owner`, copied into `document`. Refused: a
/// type that the element does not take.
[[nodiscard]] Built<TypedValue> to_typed_value(json::Document& document,
                                               const definitions::TypeDef& owner,
                                               const definitions::ElementDef& element,
                                               const json::Value& part);

/// Adds the value of `part` to an object of type `owner` under `name`, an element (`value`) or one
/// of its JSON names (`valueQuantity`). Refused: no such element, a wrong type, an element that
/// does not repeat and is there already.
[[nodiscard]] Built<void> add_element(json::Document& document, json::Value& object,
                                      const definitions::TypeDef& owner, std::string_view name,
                                      const json::Value& part);

/// Whether the JSON object has the element, for a choice element under any of its names.
[[nodiscard]] bool has_element(const json::Value& object, const definitions::TypeDef& owner,
                               const definitions::ElementDef& element);

}  // namespace kap::fhir::patch

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/value.h"
#include "fhir/patch/work.h"
#include "fhir/path/element.h"

/// The items of one element of an object, whatever FHIR JSON spreads them over: a member, an array,
/// the `_name` sibling of a primitive (http://hl7.org/fhir/R4/json.html#primitive).
namespace kap::fhir::patch {

/// One item: its value and, of a primitive, the object with its id and extensions; null is absent.
struct Entry {
  json::Value value;
  json::Value sibling;
};

/// What `name` and `_name` of the object hold, in order; none where neither is there.
[[nodiscard]] std::vector<Entry> read_entries(const json::Value& object, std::string_view name);
/// The reverse: `as_list` for an element that may repeat. No entry takes both members out.
void write_entries(json::Document& document, json::Value& object, std::string_view name,
                   const std::vector<Entry>& entries, bool as_list);

/// Where an element stands: item `index` of the member `name` (without `_`) of `object`.
struct ElementPlace {
  json::Value* object = nullptr;
  std::string_view name;
  std::size_t index = 0;
};

/// The place of an element in the tree that starts at `root`; nothing where it is not in it, or
/// where `work` is spent.
[[nodiscard]] std::optional<ElementPlace> find_place(json::Value& root,
                                                     const path::Element& element, Work& work);

}  // namespace kap::fhir::patch

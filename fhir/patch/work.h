#pragma once

#include <algorithm>
#include <cstddef>

#include "fhir/base/limits.h"
#include "fhir/json/value.h"

namespace kap::fhir::patch {

/// Counts what a patch looks at and copies, so that a few operations cannot grow a document without
/// bound (`copy` of the root into itself doubles it each time).
class Work {
 public:
  /// False once the budget is spent.
  [[nodiscard]] bool spend(std::size_t units) {
    left_ -= std::min(left_, units);
    return left_ != 0;
  }

 private:
  std::size_t left_ = limits::kPatchWork;
};

struct Extent {
  std::size_t units = 1;  // nodes; 16 bytes of text, the size of a node, count as one
  std::size_t depth = 0;  // arrays and objects below each other
};

[[nodiscard]] inline Extent extent_of(const json::Value& value) {
  Extent out{.units = 1 + value.text().size() / sizeof(json::Value), .depth = 0};
  const auto add = [&out](const Extent& child) {
    out.units += child.units;
    out.depth = std::max(out.depth, child.depth);
  };
  for (const json::Value& item : value.items()) add(extent_of(item));
  for (const json::Member& member : value.members()) {
    out.units += 1 + member.name.size() / sizeof(json::Value);
    add(extent_of(member.value));
  }
  if (value.is_array() || value.is_object()) ++out.depth;
  return out;
}

}  // namespace kap::fhir::patch

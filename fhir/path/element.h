#pragma once

#include <cstdint>
#include <string_view>

namespace kap::fhir::path {

class Model;

/// A node of an instance, as a handle: trivially copyable, owns nothing, valid as long as the
/// instance and its Model are. What the pointers mean is the Model's business alone, except that
/// two elements with the same `type` have the same children by name (see Step).
struct Element {
  const Model* model = nullptr;
  const void* node = nullptr;
  const void* aux = nullptr;
  /// The Model's handle of the node's static type; nullptr where it has none.
  const void* type = nullptr;
  std::uint64_t index = 0;

  friend bool operator==(const Element&, const Element&) = default;
};

/// A step to the children of one name, resolved ahead of evaluation by Model::resolve(). It may be
/// taken from any element whose `type` is `owner`; from others the evaluator goes by name.
struct Step {
  const void* owner = nullptr;
  const void* target = nullptr;
  /// The type of what the step reaches, or nullptr where that is known only at run time (choices).
  const void* result = nullptr;
};

/// A qualified type name: namespace `FHIR` or `System` (or a model's own), name `Patient`.
struct TypeName {
  std::string_view space;
  std::string_view name;

  friend bool operator==(const TypeName&, const TypeName&) = default;
};

}  // namespace kap::fhir::path

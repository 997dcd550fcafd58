#pragma once

#include <map>
#include <string>
#include <string_view>

#include "fhir/definitions/generator/package.h"

namespace kap::fhir::definitions::generator {

/// The elements of the core package's types by their paths: what a profile starts from.
class BaseElements {
 public:
  explicit BaseElements(const Package& core);

  /// The definition of an element's child: of a backbone element within its own type, else of the
  /// type the parent has. `parent` is an element of a profile or of a type. nullptr: none.
  [[nodiscard]] const json::Value* child(const json::Value& parent, std::string_view name) const;
  [[nodiscard]] const json::Value* find(std::string_view path) const;

 private:
  std::map<std::string, const json::Value*, std::less<>> elements_;
};

}  // namespace kap::fhir::definitions::generator

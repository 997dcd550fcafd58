#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/path/element.h"
#include "fhir/path/item.h"

namespace kap::fhir::path {

/// Whether `is` accepts descendants of the named type: is() does, as() and ofType() in R4 do not.
enum class Subtypes : std::uint8_t { kInclude, kExclude };

enum class Equality : std::uint8_t { kEqual, kEquivalent };

/// How the evaluator sees instances. Implementations are immutable and shared between threads.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  /// Appends the children of that name in their order. A choice element (`value[x]`) is named
  /// without its type. Unknown names append nothing.
  virtual void children(const Element& parent, std::string_view name, Collection& out) const = 0;
  /// The same by a resolved step; called only where parent.type == step.owner.
  virtual void take(const Element& parent, const Step& step, Collection& out) const = 0;
  virtual void all_children(const Element& parent, Collection& out) const = 0;

  [[nodiscard]] virtual TypeName type(const Element& element) const = 0;
  [[nodiscard]] virtual bool is(const Element& element, TypeName type, Subtypes subtypes) const = 0;
  /// The primitive as a System value (string, boolean, integer, decimal, date …), a FHIR Quantity
  /// as a System.Quantity, otherwise kind kNone. Borrows from the instance where it can.
  [[nodiscard]] virtual Item value(const Element& element) const = 0;
  /// Deep comparison of two elements of this model that are not primitives.
  [[nodiscard]] virtual bool equal(const Element& left, const Element& right,
                                   Equality equality) const = 0;
  /// Where the element stands, for diagnostics: `Observation.component.value`. No values.
  [[nodiscard]] virtual std::string path(const Element& element) const = 0;

  /// The handle (Element::type) of a type, `Patient`; nullptr where there is none of that name.
  [[nodiscard]] virtual const void* find_type(std::string_view name) const = 0;
  /// The step from elements of `type` to children of that name; nothing where there is no such
  /// child. Called while an expression is compiled.
  [[nodiscard]] virtual std::optional<Step> resolve(const void* type,
                                                    std::string_view name) const = 0;
};

}  // namespace kap::fhir::path

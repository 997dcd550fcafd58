#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions/types.h"
#include "mappings/engine/clinic_schema.h"

namespace kap::mappings {

namespace definitions = fhir::definitions;

/// The type of a variable or element: of R4, or of the clinic contract, or not known.
struct Type {
  const definitions::TypeDef* fhir = nullptr;
  const ClinicMessage* message = nullptr;
  const ClinicField* scalar = nullptr;  // a field that holds no message

  [[nodiscard]] bool known() const {
    return fhir != nullptr || message != nullptr || scalar != nullptr;
  }
  [[nodiscard]] bool is_clinic() const { return message != nullptr || scalar != nullptr; }
  /// Of R4 primitives and of scalars; kNone for the rest.
  [[nodiscard]] definitions::Primitive primitive() const;
  friend bool operator==(const Type&, const Type&) = default;
};

[[nodiscard]] std::string to_text(const Type& type);
[[nodiscard]] std::string_view to_text(definitions::Primitive primitive);

/// An element of a type, as sources and targets see it.
struct Child {
  std::string_view name;
  std::vector<Type> types;  // several: a choice
  std::uint32_t min = 0;
  std::uint32_t max = 1;
  const definitions::ElementDef* element = nullptr;
  const ClinicField* field = nullptr;
  [[nodiscard]] bool is_list() const { return max > 1; }
};

/// The child of that name; `value` of a primitive is the primitive's own value. Nothing where the
/// type has none.
[[nodiscard]] std::optional<Child> find_child(const Type& type, std::string_view name);
/// The names a child of the type may have.
[[nodiscard]] std::vector<std::string_view> child_names(const Type& type);

/// How a primitive value gets into an element of another primitive type.
enum class Conversion : std::uint8_t {
  kNever,
  kCast,      // only with cast()
  kImplicit,  // by itself; the value is checked while running where it may not fit
};
[[nodiscard]] Conversion conversion(const Type& from, definitions::Primitive to);

/// Whether JSON writes values of the type without quotes.
[[nodiscard]] bool is_bare(definitions::Primitive primitive);
/// The lexical form of R4's primitives, http://hl7.org/fhir/R4/datatypes.html.
[[nodiscard]] bool is_valid(definitions::Primitive primitive, std::string_view text);

}  // namespace kap::mappings

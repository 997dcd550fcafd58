#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace kap::fhir::definitions {

struct TypeDef;
struct ValueSetDef;

enum class TypeKind : std::uint8_t { kPrimitive, kComplex, kResource, kBackbone };

/// The primitive types of R4, http://hl7.org/fhir/R4/datatypes.html#primitive; kNone for the rest.
enum class Primitive : std::uint8_t {
  kNone,
  kBase64Binary,
  kBoolean,
  kCanonical,
  kCode,
  kDate,
  kDateTime,
  kDecimal,
  kId,
  kInstant,
  kInteger,
  kMarkdown,
  kOid,
  kPositiveInt,
  kString,
  kTime,
  kUnsignedInt,
  kUri,
  kUrl,
  kUuid,
  kXhtml,
};

/// http://hl7.org/fhir/R4/valueset-binding-strength.html
enum class BindingStrength : std::uint8_t { kRequired, kExtensible, kPreferred, kExample };

inline constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

/// One of the types an element may have.
struct TypeRef {
  /// `string`, `CodeableConcept`, `BackboneElement`, `Resource`. FHIRPath system types of the
  /// package (`System.String` of ids and urls) are already the FHIR type they stand for.
  std::string_view code;
  /// What to descend into: for a backbone element its own type (`Patient.contact`), for a content
  /// reference the type it refers to, else the type named by `code`.
  const TypeDef* type = nullptr;
  /// Of Reference and canonical: the resource types allowed; empty means any.
  std::span<const TypeDef* const> targets;
  /// `SimpleQuantity` where the specification restricts a Quantity so (no comparator), else empty.
  std::string_view profile;
};

struct Binding {
  BindingStrength strength = BindingStrength::kExample;
  std::string_view value_set_url;  // without `|version`
  /// nullptr where the tables do not hold its codes (SNOMED CT, UCUM, MIME types, ...).
  const ValueSetDef* value_set = nullptr;
};

struct ElementDef {
  std::string_view name;  // the JSON name; of a choice without `[x]`: `value`
  std::span<const TypeRef> types;
  const Binding* binding = nullptr;  // nullptr when there is none
  /// The type that introduces it: of Patient.text this is DomainResource. The path of the element
  /// in a type T is `T.name`.
  const TypeDef* owner = nullptr;
  /// The target of a contentReference, else nullptr; `types` is already that of the target.
  const TypeDef* content_reference = nullptr;
  std::uint32_t max = 1;
  std::uint16_t min = 0;
  std::uint16_t index = 0;  // its place in TypeDef::elements
  bool is_choice = false;
  bool is_summary = false;
  bool is_modifier = false;

  /// Written as a JSON array.
  [[nodiscard]] bool is_list() const { return max > 1; }
};

/// A JSON member name an object of a type may have: an element or one type of a choice element.
struct MemberDef {
  std::string_view name;  // `birthDate`, `valueQuantity`
  const ElementDef* element = nullptr;
  const TypeRef* type = nullptr;
};

struct TypeDef {
  std::string_view
      name;              // `Patient`, `HumanName`, `code`; of a backbone its path `Patient.contact`
  std::string_view url;  // canonical; empty for backbone types
  const TypeDef* base = nullptr;  // nullptr for Element and Resource
  /// Declared order, inherited ones first. Of a primitive: `id` and `extension`, what stands in
  /// the object of its `_name` sibling.
  std::span<const ElementDef> elements;
  /// Declared order, each choice element once per type.
  std::span<const MemberDef> members;
  std::span<const std::uint16_t> slots;  // hash of a name -> index in members + 1; 0 is empty
  std::uint64_t required = 0;            // bit i: elements[i].min > 0
  TypeKind kind = TypeKind::kComplex;
  Primitive primitive = Primitive::kNone;
  bool is_abstract = false;
};

/// The R4 type of that name (`Patient`, `Quantity`, `dateTime`, `Patient.contact`) or nullptr.
/// A backbone type that a content reference names has one name, that of its definition.
[[nodiscard]] const TypeDef* find_type(std::string_view name);
/// As find_type, for resource types alone.
[[nodiscard]] const TypeDef* find_resource_type(std::string_view name);
/// All types in the order of their names.
[[nodiscard]] std::span<const TypeDef> all_types();
/// The concrete resource types in the order of their names.
[[nodiscard]] std::span<const TypeDef* const> resource_types();

/// The element that a JSON member of an object of that type stands for (`birthDate`,
/// `valueQuantity`), or nullptr. The caller strips the `_` of `_birthDate` and knows
/// `resourceType`, which is no element. A hash and a comparison; allocates nothing.
[[nodiscard]] const MemberDef* resolve_member(const TypeDef& type, std::string_view json_name);
/// The element of that name (`value`, not `valueQuantity`), or nullptr.
[[nodiscard]] const ElementDef* find_element(const TypeDef& type, std::string_view name);
/// The type is `ancestor` or derives from it: Age from Quantity, Patient from DomainResource.
[[nodiscard]] bool is_a(const TypeDef& type, const TypeDef& ancestor);

/// Builds all tables now rather than at the first call; what a program does at its start.
void load();

}  // namespace kap::fhir::definitions

#include "fhir/definitions/types.h"

#include <array>
#include <utility>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/profiles.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/definitions/type_tables.h"

namespace kap::fhir::definitions {
namespace {

constexpr auto kTypeName = [](const TypeDef& type) { return type.name; };
constexpr auto kMemberName = [](const MemberDef& member) { return member.name; };

}  // namespace

const TypeTables& type_tables() {
  static const TypeTables instance;
  return instance;
}

const TypeDef* find_type(std::string_view name) {
  const TypeTables& tables = type_tables();
  return find_name(tables.types(), tables.slots(), name, kTypeName);
}

const TypeDef* find_resource_type(std::string_view name) {
  const TypeDef* type = find_type(name);
  return type != nullptr && type->kind == TypeKind::kResource ? type : nullptr;
}

std::span<const TypeDef> all_types() { return type_tables().types(); }

std::span<const TypeDef* const> resource_types() { return type_tables().resource_types(); }

const MemberDef* resolve_member(const TypeDef& type, std::string_view json_name) {
  return find_name(type.members, type.slots, json_name, kMemberName);
}

const ElementDef* find_element(const TypeDef& type, std::string_view name) {
  const MemberDef* member = resolve_member(type, name);
  if (member != nullptr && !member->element->is_choice) return member->element;
  for (const ElementDef& element : type.elements) {
    if (element.is_choice && element.name == name) return &element;
  }
  return nullptr;
}

bool is_a(const TypeDef& type, const TypeDef& ancestor) {
  for (const TypeDef* at = &type; at != nullptr; at = at->base) {
    if (at == &ancestor) return true;
  }
  return false;
}

void load() {
  (void)all_types();
  (void)all_search_parameters();
  (void)all_compartments();
  (void)all_profiles();
}

}  // namespace kap::fhir::definitions

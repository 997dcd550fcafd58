#include "mappings/engine/slots.h"

#include <algorithm>
#include <cctype>

namespace kap::mappings {
namespace {

using Special = MemberSlot::Special;

bool is_resource(const definitions::TypeDef& type) {
  static const definitions::TypeDef* resource = definitions::find_type("Resource");
  return resource != nullptr && definitions::is_a(type, *resource);
}

Special special_of(const Type& parent, std::string_view name) {
  if (parent.fhir == nullptr) return Special::kNone;
  const std::string_view type = parent.fhir->name;
  if (type == "Reference" && name == "reference") return Special::kReference;
  if (type == "Bundle.entry" && name == "resource") return Special::kEntryResource;
  if (!is_resource(*parent.fhir)) return Special::kNone;
  if (name == "id") return Special::kResourceId;
  if (name == "contained") return Special::kContained;
  if (name == "meta") return Special::kMeta;
  return Special::kNone;
}

const void* identity(const Type& type) {
  if (type.fhir != nullptr) return type.fhir;
  if (type.message != nullptr) return type.message;
  return type.scalar;
}

}  // namespace

const MemberSlot& SlotTable::add(const Type& parent, std::string_view json_name, std::size_t order,
                                 std::size_t element, bool is_list, const Type& type) {
  MemberSlot& slot = slots_.emplace_back();
  slot.name = std::string(json_name);
  slot.json = '"' + slot.name + "\":";
  slot.extra = "\"_" + slot.name + "\":";
  slot.order = static_cast<std::uint16_t>(order);
  slot.element = static_cast<std::uint16_t>(element);
  slot.is_list = is_list;
  slot.primitive = type.primitive();
  slot.bare = is_bare(slot.primitive) &&
              (type.scalar == nullptr || type.scalar->kind != ClinicKind::kString);
  slot.type = type;
  slot.special = special_of(parent, json_name);
  by_key_.emplace(Key{identity(parent), slot.name}, &slot);
  return slot;
}

const MemberSlot& SlotTable::get(const Type& parent, const Child& child, const Type& type) {
  std::string name(child.name);
  if (child.element != nullptr && child.element->is_choice && type.fhir != nullptr) {
    std::string suffix(type.fhir->name);
    suffix.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(suffix.front())));
    name += suffix;
  }
  // A list that may hold any resource (Bundle.entry.resource) has one slot for all of their types.
  const auto found = by_key_.find(Key{identity(parent), name});
  if (found != by_key_.end()) return *found->second;
  if (child.field != nullptr) {
    return add(parent, name, child.field->slot, child.field->slot, child.is_list(), type);
  }
  if (child.element == nullptr) return add(parent, name, 0, 0, false, type);
  const definitions::MemberDef* member = definitions::resolve_member(*parent.fhir, name);
  const auto order = member == nullptr
                         ? child.element->index
                         : static_cast<std::size_t>(member - parent.fhir->members.data());
  return add(parent, name, order, child.element->index, child.is_list(), type);
}

const MemberSlot* SlotTable::get(const Type& parent, std::string_view json_name) {
  const auto found = by_key_.find(Key{identity(parent), json_name});
  if (found != by_key_.end()) return found->second;
  if (parent.fhir == nullptr) return nullptr;
  const definitions::MemberDef* member = definitions::resolve_member(*parent.fhir, json_name);
  if (member == nullptr) return nullptr;
  const auto order = static_cast<std::size_t>(member - parent.fhir->members.data());
  return &add(parent, json_name, order, member->element->index, member->element->is_list(),
              {.fhir = member->type == nullptr ? nullptr : member->type->type});
}

}  // namespace kap::mappings

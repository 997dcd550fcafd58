#include <algorithm>
#include <array>

#include "fhir/path/evaluation.h"
#include "fhir/path/model.h"

namespace kap::fhir::path {
namespace {

constexpr std::array<std::string_view, 9> kSystemTypes{
    "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity", "Any"};

std::string_view system_name(const Item& item) {
  switch (item.kind()) {
    case ItemKind::kBoolean:
      return "Boolean";
    case ItemKind::kInteger:
      return "Integer";
    case ItemKind::kDecimal:
      return "Decimal";
    case ItemKind::kString:
      return "String";
    case ItemKind::kQuantity:
      return "Quantity";
    case ItemKind::kMoment:
      switch (item.as_moment().kind) {
        case Moment::Kind::kDate:
          return "Date";
        case Moment::Kind::kDateTime:
          return "DateTime";
        case Moment::Kind::kTime:
          return "Time";
      }
      return "Date";
    default:
      return "Any";
  }
}

}  // namespace

bool is_system_type(std::string_view name) {
  return std::ranges::find(kSystemTypes, name) != kSystemTypes.end();
}

TypeName type_of(const Item& item) {
  if (item.is(ItemKind::kElement)) return item.as_element().model->type(item.as_element());
  return {"System", system_name(item)};
}

bool is_type(const Item& item, TypeName type, Subtypes subtypes) {
  if (item.is(ItemKind::kElement))
    return item.as_element().model->is(item.as_element(), type, subtypes);
  if (!type.space.empty() && type.space != "System") return false;
  return system_name(item) == type.name || type.name == "Any";
}

}  // namespace kap::fhir::path

#include "fhir/path/item.h"

#include "fhir/path/model.h"
#include "fhir/path/quantity.h"

namespace kap::fhir::path {

Item to_value(const Item& item) {
  if (!item.is(ItemKind::kElement)) return item;
  const Element& element = item.as_element();
  return element.model->value(element);
}

std::string to_text(const Item& item) {
  const Item value = to_value(item);
  switch (value.kind()) {
    case ItemKind::kBoolean:
      return value.as_boolean() ? "true" : "false";
    case ItemKind::kInteger:
      return std::to_string(value.as_integer());
    case ItemKind::kDecimal:
      return value.as_decimal().text();
    case ItemKind::kString:
      return std::string(value.as_string());
    case ItemKind::kMoment:
      return value.as_moment().text();
    case ItemKind::kQuantity:
      return to_text(value.as_quantity());
    case ItemKind::kType:
      return std::string(value.as_type().space) + '.' + std::string(value.as_type().name);
    case ItemKind::kNone:
    case ItemKind::kElement:
      break;
  }
  return {};
}

}  // namespace kap::fhir::path

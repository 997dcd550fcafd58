#include "fhir/validate/instance_host.h"

#include "fhir/path/json_model.h"
#include "fhir/validate/inspection.h"
#include "fhir/validate/references.h"

namespace kap::fhir::validate {
namespace {

/// The text of a Reference, canonical or uri.
std::string_view reference_text(const path::Item& item) {
  if (item.is(path::ItemKind::kString)) return item.as_string();
  if (!item.is(path::ItemKind::kElement)) return {};
  const json::Value* value = path::json_value(item.as_element());
  if (value == nullptr) return {};
  return value->is_string() ? value->text() : value->string("reference");
}

}  // namespace

std::optional<path::Element> InstanceHost::resolve(const path::Item& reference) const {
  const Target target = resolve_reference(reference_text(reference), inspection_.scope());
  if (target.resource != nullptr) {
    return to_element(Node{.value = target.resource, .type = target.type});
  }
  met_unknown_ = true;
  if (target.type != nullptr) return path::json_stub(*target.type);
  return std::nullopt;
}

Result<std::optional<bool>> InstanceHost::member_of(const path::Item& code,
                                                    std::string_view value_set) const {
  Membership found = Membership::kUnknown;
  const ValueSets& value_sets = inspection_.definitions().value_sets();
  if (code.is(path::ItemKind::kString)) {
    found = value_sets.find(value_set, {}, {}, code.as_string());
  } else if (code.is(path::ItemKind::kElement)) {
    const json::Value* value = path::json_value(code.as_element());
    const definitions::TypeDef* type = path::json_type(code.as_element());
    if (value != nullptr && type != nullptr) found = value_sets.find(value_set, {}, *type, *value);
  }
  if (found != Membership::kUnknown) return std::optional(found == Membership::kIn);
  met_unknown_ = true;
  return std::optional<bool>();
}

Result<std::optional<bool>> InstanceHost::subsumes(const path::Item&, const path::Item&) const {
  met_unknown_ = true;
  return std::optional<bool>();
}

}  // namespace kap::fhir::validate

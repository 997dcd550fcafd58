#include "fhir/validate/bindings.h"

#include <algorithm>

#include "fhir/definitions/open_value_sets.h"
#include "fhir/definitions/value_sets.h"

namespace kap::fhir::validate {
namespace {

Membership of_package(std::string_view value_set, std::string_view package, std::string_view system,
                      std::string_view code) {
  const definitions::OpenValueSetDef* set = definitions::find_open_value_set(value_set, package);
  if (set == nullptr) return Membership::kUnknown;
  const definitions::CodeDef* found = system.empty()
                                          ? definitions::find_code(set->known, code)
                                          : definitions::find_code(set->known, system, code);
  if (found != nullptr) return Membership::kIn;
  const bool may_be = set->is_open || (system.empty() && !set->open_systems.empty()) ||
                      std::ranges::find(set->open_systems, system) != set->open_systems.end();
  return may_be ? Membership::kUnknown : Membership::kNotIn;
}

}  // namespace

Membership ValueSets::find(std::string_view value_set, std::string_view package,
                           std::string_view system, std::string_view code) const {
  if (const definitions::ValueSetDef* set = definitions::find_value_set(value_set)) {
    const bool is_in = system.empty() ? definitions::find_code(*set, code) != nullptr
                                      : definitions::find_code(*set, system, code) != nullptr;
    return is_in ? Membership::kIn : Membership::kNotIn;
  }
  if (terminology_ != nullptr) {
    const Membership known = terminology_->validate_code(value_set, system, code);
    if (known != Membership::kUnknown) return known;
  }
  return of_package(value_set, package, system, code);
}

Membership ValueSets::find(std::string_view value_set, std::string_view package,
                           const definitions::TypeDef& type, const json::Value& value) const {
  if (type.primitive != definitions::Primitive::kNone) {
    return value.is_string() ? find(value_set, package, {}, value.text()) : Membership::kUnknown;
  }
  if (type.name == "Coding" || type.name == "Quantity") {
    const std::string_view system = value.string("system");
    const std::string_view code = value.string("code");
    if (code.empty() || system.empty()) return Membership::kNotIn;
    return find(value_set, package, system, code);
  }
  if (type.name != "CodeableConcept") return Membership::kUnknown;
  const json::Value* codings = value.find("coding");
  Membership best = Membership::kNotIn;
  if (codings == nullptr) return best;
  for (const json::Value& coding : codings->items()) {
    const std::string_view system = coding.string("system");
    if (system.empty() || coding.string("code").empty()) continue;
    const Membership found = find(value_set, package, system, coding.string("code"));
    if (found == Membership::kIn) return found;
    if (found == Membership::kUnknown) best = found;
  }
  return best;
}

}  // namespace kap::fhir::validate

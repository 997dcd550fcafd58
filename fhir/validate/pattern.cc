#include "fhir/validate/pattern.h"

#include <algorithm>

namespace kap::fhir::validate {

bool matches_pattern(const json::Value& pattern, const json::Value& value) {
  if (pattern.is_object()) {
    return value.is_object() &&
           std::ranges::all_of(pattern.members(), [&](const json::Member& member) {
             const json::Value* own = value.find(member.name);
             return own != nullptr && matches_pattern(member.value, *own);
           });
  }
  if (pattern.is_array()) {
    return value.is_array() && std::ranges::all_of(pattern.items(), [&](const json::Value& item) {
             return std::ranges::any_of(
                 value.items(), [&](const json::Value& own) { return matches_pattern(item, own); });
           });
  }
  return json::equal(pattern, value);
}

}  // namespace kap::fhir::validate

#include <algorithm>
#include <array>
#include <string_view>

#include "fhir/search/criterion_parser.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {

const definitions::SearchParameterDef* part_of_parameter(std::string_view type) {
  static constexpr std::array<std::string_view, 2> kCodes{"partof", "part-of"};
  for (const std::string_view code : kCodes) {
    const definitions::SearchParameterDef* parameter = find_searchable(type, code);
    if (parameter != nullptr &&
        std::ranges::find(parameter->targets, type) != parameter->targets.end())
      return parameter;
  }
  return nullptr;
}

bool Criterion::is_hierarchical() const {
  if (modifier != Modifier::kAbove && modifier != Modifier::kBelow) return false;
  return std::ranges::any_of(values, [](const Value& value) {
    const auto* reference = std::get_if<ReferenceValue>(&value);
    return reference != nullptr && !reference->id.empty();
  });
}

}  // namespace kap::fhir::search

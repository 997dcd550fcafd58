#include <array>

#include "fhir/path/function.h"
#include "fhir/path/model.h"

/// FHIRPath N1 section 5.8.
namespace kap::fhir::path {
namespace {

bool children_of(Call& call, const Collection& input, Collection& out) {
  for (const Item& item : input) {
    if (!item.is(ItemKind::kElement)) continue;
    const std::size_t before = out.size();
    item.as_element().model->all_children(item.as_element(), out);
    if (!call.evaluation.spend(call.node, out.size() - before)) return false;
  }
  return true;
}

bool children(Call& call, Collection& out) { return children_of(call, call.input, out); }

bool descendants(Call& call, Collection& out) {
  Collection level = call.input;
  while (!level.empty()) {
    Collection next;
    if (!children_of(call, level, next)) return false;
    out.insert(out.end(), next.begin(), next.end());
    level = std::move(next);
  }
  return true;
}

using enum ResultType;
using enum Ordering;

constexpr std::array kFunctions{
    FunctionDef{"children", 0, 0, children, kUnknown, kLosesOrder},
    FunctionDef{"descendants", 0, 0, descendants, kUnknown, kLosesOrder},
};

}  // namespace

std::span<const FunctionDef> navigation_functions() { return kFunctions; }

}  // namespace kap::fhir::path

#include <array>

#include "fhir/path/function.h"

/// FHIRPath N1 section 5.4.
namespace kap::fhir::path {
namespace {

bool union_of(Call& call, Collection& out) {
  Collection other;
  Collection all;
  if (!call.argument(0, other)) return false;
  if (!append_distinct(call.evaluation, call.node, call.input, all) ||
      !append_distinct(call.evaluation, call.node, other, all))
    return false;
  out.insert(out.end(), all.begin(), all.end());
  return true;
}

bool combine(Call& call, Collection& out) {
  out.insert(out.end(), call.input.begin(), call.input.end());
  return call.argument(0, out);
}

constexpr std::array kFunctions{
    FunctionDef{"union", 1, 1, union_of},
    FunctionDef{"combine", 1, 1, combine},
};

}  // namespace

std::span<const FunctionDef> combining_functions() { return kFunctions; }

}  // namespace kap::fhir::path

#include <algorithm>
#include <array>

#include "fhir/path/equality.h"
#include "fhir/path/function.h"

/// FHIRPath N1 section 5.3.
namespace kap::fhir::path {
namespace {

bool slice(const Collection& input, std::int64_t from, std::int64_t to, Collection& out) {
  const auto size = static_cast<std::int64_t>(input.size());
  from = std::clamp<std::int64_t>(from, 0, size);
  to = std::clamp<std::int64_t>(to, from, size);
  out.insert(out.end(), input.begin() + from, input.begin() + to);
  return true;
}

bool single(Call& call, Collection& out) {
  if (call.input.size() > 1) return call.fail("single() is called on more than one item");
  return slice(call.input, 0, 1, out);
}

bool first(Call& call, Collection& out) { return slice(call.input, 0, 1, out); }

bool last(Call& call, Collection& out) {
  const auto size = static_cast<std::int64_t>(call.input.size());
  return slice(call.input, size - 1, size, out);
}

bool tail(Call& call, Collection& out) {
  return slice(call.input, 1, static_cast<std::int64_t>(call.input.size()), out);
}

bool skip(Call& call, Collection& out) {
  std::optional<std::int64_t> count;
  if (!call.argument_integer(0, count)) return false;
  return slice(call.input, count.value_or(0), static_cast<std::int64_t>(call.input.size()), out);
}

bool take(Call& call, Collection& out) {
  std::optional<std::int64_t> count;
  if (!call.argument_integer(0, count)) return false;
  return slice(call.input, 0, count.value_or(0), out);
}

bool filter(Call& call, bool keep, Collection& out) {
  Collection other;
  if (!call.argument(0, other)) return false;
  Collection kept;
  for (const Item& item : call.input) {
    if (!call.evaluation.spend(call.node, other.size())) return false;
    if (contains(other, item) != keep) continue;
    if (!keep || !contains(kept, item)) kept.push_back(item);
  }
  out.insert(out.end(), kept.begin(), kept.end());
  return true;
}

bool intersect(Call& call, Collection& out) { return filter(call, true, out); }
bool exclude(Call& call, Collection& out) { return filter(call, false, out); }

using enum ResultType;
using enum Ordering;

constexpr std::array kFunctions{
    FunctionDef{"single", 0, 0, single, kInput},
    FunctionDef{"first", 0, 0, first, kInput, kNeedsOrder},
    FunctionDef{"last", 0, 0, last, kInput, kNeedsOrder},
    FunctionDef{"tail", 0, 0, tail, kInput, kNeedsOrder},
    FunctionDef{"skip", 1, 1, skip, kInput, kNeedsOrder},
    FunctionDef{"take", 1, 1, take, kInput, kNeedsOrder},
    FunctionDef{"intersect", 1, 1, intersect, kInput},
    FunctionDef{"exclude", 1, 1, exclude, kInput},
};

}  // namespace

std::span<const FunctionDef> subsetting_functions() { return kFunctions; }

}  // namespace kap::fhir::path

#include <array>

#include "fhir/path/equality.h"
#include "fhir/path/function.h"

/// FHIRPath N1 section 5.1.
namespace kap::fhir::path {
namespace {

bool yields(Collection& out, bool value) {
  out.push_back(Item::boolean(value));
  return true;
}

bool empty(Call& call, Collection& out) { return yields(out, call.input.empty()); }

bool exists(Call& call, Collection& out) {
  if (call.argument_count() == 0) return yields(out, !call.input.empty());
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    std::optional<bool> holds;
    if (!call.criterion(0, item, index++, holds)) return false;
    if (holds == true) return yields(out, true);
  }
  return yields(out, false);
}

bool all(Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    std::optional<bool> holds;
    if (!call.criterion(0, item, index++, holds)) return false;
    if (holds != true) return yields(out, false);
  }
  return yields(out, true);
}

/// allTrue() and its kin: whether some item has the value that decides.
bool decides(Call& call, bool value, bool result, Collection& out) {
  bool found = false;
  for (const Item& item : call.input) {
    const Item boolean = to_value(item);
    if (!boolean.is(ItemKind::kBoolean)) return call.fail("every item must be a boolean");
    found = found || boolean.as_boolean() == value;
  }
  return yields(out, found == result);
}

bool all_true(Call& call, Collection& out) { return decides(call, false, false, out); }
bool any_true(Call& call, Collection& out) { return decides(call, true, true, out); }
bool all_false(Call& call, Collection& out) { return decides(call, true, false, out); }
bool any_false(Call& call, Collection& out) { return decides(call, false, true, out); }

bool subset(Call& call, const Collection& part, const Collection& whole, Collection& out) {
  for (const Item& item : part) {
    if (!call.evaluation.spend(call.node, whole.size())) return false;
    if (!contains(whole, item)) return yields(out, false);
  }
  return yields(out, true);
}

bool subset_of(Call& call, Collection& out) {
  Collection other;
  return call.argument(0, other) && subset(call, call.input, other, out);
}

bool superset_of(Call& call, Collection& out) {
  Collection other;
  return call.argument(0, other) && subset(call, other, call.input, out);
}

bool count(Call& call, Collection& out) {
  out.push_back(Item::integer(static_cast<std::int64_t>(call.input.size())));
  return true;
}

bool distinct(Call& call, Collection& out) {
  Collection all_items;
  if (!append_distinct(call.evaluation, call.node, call.input, all_items)) return false;
  out.insert(out.end(), all_items.begin(), all_items.end());
  return true;
}

bool is_distinct(Call& call, Collection& out) {
  Collection all_items;
  if (!append_distinct(call.evaluation, call.node, call.input, all_items)) return false;
  return yields(out, all_items.size() == call.input.size());
}

bool negation(Call& call, Collection& out) {
  std::optional<bool> value;
  if (!to_boolean(call.input, value)) return call.fail("not() takes a single item");
  return !value.has_value() || yields(out, !*value);
}

using enum ResultType;
using enum Ordering;
constexpr auto kLambdas = FunctionDef::Arguments::kLambdas;

constexpr std::array kFunctions{
    FunctionDef{"empty", 0, 0, empty},
    FunctionDef{"exists", 0, 1, exists, kUnknown, kIndifferent, kLambdas},
    FunctionDef{"all", 1, 1, all, kUnknown, kIndifferent, kLambdas},
    FunctionDef{"allTrue", 0, 0, all_true},
    FunctionDef{"anyTrue", 0, 0, any_true},
    FunctionDef{"allFalse", 0, 0, all_false},
    FunctionDef{"anyFalse", 0, 0, any_false},
    FunctionDef{"subsetOf", 1, 1, subset_of},
    FunctionDef{"supersetOf", 1, 1, superset_of},
    FunctionDef{"count", 0, 0, count},
    FunctionDef{"distinct", 0, 0, distinct, kInput},
    FunctionDef{"isDistinct", 0, 0, is_distinct},
    FunctionDef{"not", 0, 0, negation},
};

}  // namespace

std::span<const FunctionDef> existence_functions() { return kFunctions; }

}  // namespace kap::fhir::path

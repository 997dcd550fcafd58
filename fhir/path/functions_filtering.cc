#include <algorithm>
#include <array>
#include <vector>

#include "fhir/path/equality.h"
#include "fhir/path/function.h"
#include "fhir/path/model.h"

/// FHIRPath N1 section 5.2; sort() is of the current FHIRPath specification.
namespace kap::fhir::path {
namespace {

bool where(Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    std::optional<bool> holds;
    if (!call.criterion(0, item, index++, holds)) return false;
    if (holds == true) out.push_back(item);
  }
  return true;
}

bool select(Call& call, Collection& out) {
  std::int64_t index = 0;
  for (const Item& item : call.input)
    if (!call.lambda(0, item, index++, out)) return false;
  return true;
}

bool repeat(Call& call, Collection& out) {
  Collection found;
  Collection next = call.input;
  while (!next.empty()) {
    Collection level;
    std::int64_t index = 0;
    for (const Item& item : next)
      if (!call.lambda(0, item, index++, level)) return false;
    const std::size_t known = found.size();
    if (!append_distinct(call.evaluation, call.node, level, found)) return false;
    next.assign(found.begin() + static_cast<std::ptrdiff_t>(known), found.end());
  }
  out.insert(out.end(), found.begin(), found.end());
  return true;
}

bool of_type(Call& call, Collection& out) {
  for (const Item& item : call.input)
    if (is_type(item, call.node.type, Subtypes::kExclude)) out.push_back(item);
  return true;
}

struct Keys {
  Item item;
  std::size_t place = 0;
  std::vector<Item> values;  // kNone: empty, sorts first either way
};

bool sort(Call& call, Collection& out) {
  std::vector<Keys> rows;
  const std::size_t count = call.argument_count();
  if (!call.evaluation.spend(call.node, call.input.size() * 8)) return false;
  for (const Item& item : call.input) {
    Keys row{.item = item, .place = rows.size(), .values = {}};
    if (count == 0) row.values.push_back(item);
    for (std::size_t i = 0; i < count; ++i) {
      Collection key;
      if (!call.lambda(i, item, static_cast<std::int64_t>(rows.size()), key)) return false;
      if (key.size() > 1) return call.fail("a key to sort by is a single item");
      row.values.push_back(key.empty() ? Item{} : key.front());
    }
    rows.push_back(std::move(row));
  }
  bool comparable = true;
  const auto before = [&](const Keys& left, const Keys& right) {
    for (std::size_t i = 0; i < left.values.size(); ++i) {
      const bool down = ((call.node.descending >> i) & 1U) != 0;
      const Item& l = left.values[i];
      const Item& r = right.values[i];
      if (l.is(ItemKind::kNone) != r.is(ItemKind::kNone)) return l.is(ItemKind::kNone);
      if (l.is(ItemKind::kNone)) continue;
      const Order relation = order(l, r);
      if (relation == Order::kIncomparable) comparable = false;
      if (relation == Order::kLess) return !down;
      if (relation == Order::kGreater) return down;
    }
    return left.place < right.place;
  };
  // Partial dates make the order incomplete; a heap stays within bounds whatever it is told.
  std::ranges::make_heap(rows, before);
  std::ranges::sort_heap(rows, before);
  if (!comparable) return call.fail("the items to sort have no order among each other");
  for (Keys& row : rows) out.push_back(std::move(row.item));
  return true;
}

using enum ResultType;
using enum Ordering;
constexpr auto kLambdas = FunctionDef::Arguments::kLambdas;

constexpr std::array kFunctions{
    FunctionDef{"where", 1, 1, where, kInput, kIndifferent, kLambdas},
    FunctionDef{"select", 1, 1, select, kArgument, kIndifferent, kLambdas},
    FunctionDef{"repeat", 1, 1, repeat, kUnknown, kIndifferent, kLambdas},
    FunctionDef{"ofType", 1, 1, of_type, kArgument},
    FunctionDef{"sort", 0, 32, sort, kInput, kIndifferent, kLambdas},
};

}  // namespace

std::span<const FunctionDef> filtering_functions() { return kFunctions; }

}  // namespace kap::fhir::path

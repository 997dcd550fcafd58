#include <fmt/format.h>

#include <optional>

#include "fhir/path/equality.h"
#include "fhir/path/evaluation.h"
#include "fhir/path/model.h"
#include "fhir/path/quantity.h"

namespace kap::fhir::path {

/// Three-valued logic, N1 section 6.5; the right operand is not evaluated where the left decides.
bool Evaluation::logic(const PlanNode& node, const Frame& frame, Collection& out) {
  std::optional<bool> left;
  if (!run_boolean(node.left, frame, left)) return false;
  if (node.op == Op::kAnd && left == false) return out.push_back(Item::boolean(false)), true;
  if (node.op == Op::kOr && left == true) return out.push_back(Item::boolean(true)), true;
  if (node.op == Op::kImplies && left == false) return out.push_back(Item::boolean(true)), true;
  if (node.op == Op::kXor && !left.has_value()) return true;
  std::optional<bool> right;
  if (!run_boolean(node.right, frame, right)) return false;
  std::optional<bool> result;
  switch (node.op) {
    case Op::kAnd:
      if (right == false)
        result = false;
      else if (left.has_value() && right.has_value())
        result = true;
      break;
    case Op::kOr:
      if (right == true)
        result = true;
      else if (left.has_value() && right.has_value())
        result = false;
      break;
    case Op::kXor:
      if (right.has_value()) result = *left != *right;
      break;
    default:  // implies, the left true or empty
      if (right == true)
        result = true;
      else if (left.has_value() && right.has_value())
        result = false;
      break;
  }
  if (result.has_value()) out.push_back(Item::boolean(*result));
  return true;
}

bool Evaluation::equality(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection left;
  Collection right;
  if (!operands(node, frame, left, right)) return false;
  if (!spend(node, left.size())) return false;
  if (node.op == Op::kEquivalent || node.op == Op::kNotEquivalent) {
    const bool same = equivalent(std::span<const Item>(left), std::span<const Item>(right));
    out.push_back(Item::boolean(same == (node.op == Op::kEquivalent)));
    return true;
  }
  if (left.empty() || right.empty()) return true;
  const auto same = equal(std::span<const Item>(left), std::span<const Item>(right));
  if (same.has_value()) out.push_back(Item::boolean(*same == (node.op == Op::kEqual)));
  return true;
}

bool Evaluation::inequality(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection left;
  Collection right;
  if (!operands(node, frame, left, right)) return false;
  if (left.empty() || right.empty()) return true;
  if (left.size() > 1 || right.size() > 1)
    return fail(node, "a comparison asks for a single item on either side");
  switch (order(left.front(), right.front())) {
    case Order::kUnknown:
      return true;
    case Order::kIncomparable: {
      const TypeName l = type_of(left.front());
      const TypeName r = type_of(right.front());
      return fail(node, fmt::format("{}.{} and {}.{} have no order; two numbers, strings, "
                                    "quantities, dates or times would be right",
                                    l.space, l.name, r.space, r.name));
    }
    case Order::kLess:
      out.push_back(Item::boolean(node.op == Op::kLess || node.op == Op::kLessOrEqual));
      return true;
    case Order::kEqual:
      out.push_back(Item::boolean(node.op == Op::kLessOrEqual || node.op == Op::kGreaterOrEqual));
      return true;
    case Order::kGreater:
      out.push_back(Item::boolean(node.op == Op::kGreater || node.op == Op::kGreaterOrEqual));
      return true;
  }
  return true;
}

bool Evaluation::membership(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection left;
  Collection right;
  if (!operands(node, frame, left, right)) return false;
  if (node.op == Op::kUnion) {
    Collection all;
    if (!append_distinct(*this, node, left, all) || !append_distinct(*this, node, right, all))
      return false;
    out.insert(out.end(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
    return true;
  }
  const Collection& one = node.op == Op::kIn ? left : right;
  const Collection& many = node.op == Op::kIn ? right : left;
  if (one.empty()) return true;
  if (one.size() > 1)
    return fail(node, "'in' asks for a single item on its left, 'contains' on its right");
  if (!spend(node, many.size())) return false;
  out.push_back(Item::boolean(contains(many, one.front())));
  return true;
}

bool Evaluation::arithmetic(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection left;
  Collection right;
  if (!operands(node, frame, left, right)) return false;
  if (left.size() > 1 || right.size() > 1)
    return fail(node, "an arithmetic operator asks for a single item on either side");
  if (node.op == Op::kConcatenate) {
    const std::string l = left.empty() ? std::string() : to_text(left.front());
    const std::string r = right.empty() ? std::string() : to_text(right.front());
    out.push_back(Item::string(l + r));
    return true;
  }
  if (left.empty() || right.empty()) return true;
  Arithmetic result = apply_arithmetic(node.op, to_value(left.front()), to_value(right.front()));
  if (!result.error.empty()) return fail(node, std::move(result.error));
  if (!result.value.is(ItemKind::kNone)) out.push_back(std::move(result.value));
  return true;
}

}  // namespace kap::fhir::path

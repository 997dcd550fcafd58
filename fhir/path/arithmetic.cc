#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "fhir/path/evaluation.h"
#include "fhir/path/quantity.h"

namespace kap::fhir::path {
namespace {

bool is_number(const Item& item) {
  return item.is(ItemKind::kInteger) || item.is(ItemKind::kDecimal);
}

Decimal number(const Item& item) {
  return item.is(ItemKind::kInteger) ? Decimal(item.as_integer()) : item.as_decimal();
}

std::string_view symbol(Op op) {
  switch (op) {
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kDiv:
      return "div";
    default:
      return "mod";
  }
}

Arithmetic of(std::optional<Decimal> value) {
  return {.value = value.has_value() ? Item::decimal(*value) : Item{}, .error = {}};
}

Arithmetic of(std::optional<Quantity> value) {
  return {.value = value.has_value() ? Item::quantity(std::move(*value)) : Item{}, .error = {}};
}

/// Nothing on overflow or division by zero, N1 section 6.6.
std::optional<std::int64_t> integers(Op op, std::int64_t left, std::int64_t right) {
  std::int64_t out = 0;
  switch (op) {
    case Op::kAdd:
      return __builtin_add_overflow(left, right, &out) ? std::nullopt : std::optional(out);
    case Op::kSubtract:
      return __builtin_sub_overflow(left, right, &out) ? std::nullopt : std::optional(out);
    case Op::kMultiply:
      return __builtin_mul_overflow(left, right, &out) ? std::nullopt : std::optional(out);
    default:
      if (right == 0 || (left == INT64_MIN && right == -1)) return std::nullopt;
      return op == Op::kDiv ? left / right : left % right;
  }
}

/// Whole quotient towards zero.
std::optional<Decimal> quotient(Decimal left, Decimal right) {
  const auto exact = divide(left, right);
  return exact ? exact->rescaled(0, Decimal::Rounding::kTruncate) : std::nullopt;
}

Arithmetic numbers(Op op, const Item& left, const Item& right) {
  if (left.is(ItemKind::kInteger) && right.is(ItemKind::kInteger) && op != Op::kDivide) {
    const auto value = integers(op, left.as_integer(), right.as_integer());
    return {.value = value.has_value() ? Item::integer(*value) : Item{}, .error = {}};
  }
  const Decimal l = number(left);
  const Decimal r = number(right);
  switch (op) {
    case Op::kAdd:
      return of(add(l, r));
    case Op::kSubtract:
      return of(subtract(l, r));
    case Op::kMultiply:
      return of(multiply(l, r));
    case Op::kDivide:
      return of(divide(l, r));
    case Op::kDiv: {
      const auto whole = quotient(l, r);
      const auto integer = whole ? whole->to_integer() : std::nullopt;
      return {.value = integer ? Item::integer(*integer) : Item{}, .error = {}};
    }
    default: {
      const auto whole = quotient(l, r);
      const auto taken = whole ? multiply(*whole, r) : std::nullopt;
      return of(taken ? subtract(l, *taken) : std::nullopt);
    }
  }
}

Arithmetic moment(Op op, const Moment& left, const Quantity& right) {
  const auto unit = duration_unit(right);
  if (!unit.has_value())
    return {.value = {},
            .error = fmt::format("a date or time and '{}' cannot be added; a calendar duration "
                                 "such as 1 month, or wk, d, h, min, s, ms would be right",
                                 right.unit)};
  const auto whole = right.value.rescaled(0, Decimal::Rounding::kTruncate);
  const auto amount = whole ? whole->to_integer() : std::nullopt;
  std::int64_t signed_amount = 0;
  if (!amount.has_value() || __builtin_sub_overflow(0, *amount, &signed_amount)) return {};
  if (op == Op::kAdd) signed_amount = *amount;
  const auto sum = add(left, signed_amount, *unit);
  return {.value = sum ? Item::moment(*sum) : Item{}, .error = {}};
}

Arithmetic quantities(Op op, const Quantity& left, const Quantity& right) {
  switch (op) {
    case Op::kAdd:
      return of(add(left, right));
    case Op::kSubtract: {
      Quantity negated = right;
      negated.value = negated.value.negated();
      return of(add(left, negated));
    }
    case Op::kMultiply:
      return of(multiply(left, right));
    default:
      return of(divide(left, right));
  }
}

bool is_quantity(const Item& item) { return item.is(ItemKind::kQuantity); }

Quantity quantity(const Item& item) {
  return is_quantity(item) ? item.as_quantity() : Quantity{.value = number(item), .unit = "1"};
}

}  // namespace

Arithmetic apply_arithmetic(Op op, const Item& left, const Item& right) {
  if (is_number(left) && is_number(right)) return numbers(op, left, right);
  if (op == Op::kAdd && left.is(ItemKind::kString) && right.is(ItemKind::kString))
    return {.value = Item::string(std::string(left.as_string()) + std::string(right.as_string())),
            .error = {}};
  if ((op == Op::kAdd || op == Op::kSubtract) && left.is(ItemKind::kMoment) && is_quantity(right))
    return moment(op, left.as_moment(), right.as_quantity());
  const bool whole = op == Op::kDiv || op == Op::kMod;
  if (!whole && (is_quantity(left) || is_number(left)) && (is_quantity(right) || is_number(right)))
    return quantities(op, quantity(left), quantity(right));
  const TypeName l = type_of(left);
  const TypeName r = type_of(right);
  return {
      .value = {},
      .error = fmt::format("'{}' takes two numbers or two quantities{}; not {} and {}", symbol(op),
                           op == Op::kAdd        ? ", two strings, or a date and a duration"
                           : op == Op::kSubtract ? ", or a date and a duration"
                                                 : "",
                           l.name, r.name)};
}

}  // namespace kap::fhir::path

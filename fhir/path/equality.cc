#include "fhir/path/equality.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fhir/path/model.h"
#include "fhir/path/quantity.h"
#include "fhir/path/unicode.h"

namespace kap::fhir::path {
namespace {

bool is_number(const Item& item) {
  return item.is(ItemKind::kInteger) || item.is(ItemKind::kDecimal);
}

Decimal number(const Item& item) {
  return item.is(ItemKind::kInteger) ? Decimal(item.as_integer()) : item.as_decimal();
}

Quantity quantity(const Item& item) {
  if (item.is(ItemKind::kQuantity)) return item.as_quantity();
  return Quantity{.value = number(item), .unit = "1"};
}

bool are_quantities(const Item& left, const Item& right) {
  return (left.is(ItemKind::kQuantity) && (right.is(ItemKind::kQuantity) || is_number(right))) ||
         (right.is(ItemKind::kQuantity) && is_number(left));
}

Order to_order(std::strong_ordering ordering) {
  return ordering < 0 ? Order::kLess : (ordering > 0 ? Order::kGreater : Order::kEqual);
}

/// Two elements without a System value are compared by their model.
bool elements_equal(const Item& left, const Item& right, Equality equality) {
  if (!left.is(ItemKind::kElement) || !right.is(ItemKind::kElement)) return false;
  const Element& l = left.as_element();
  const Element& r = right.as_element();
  return l.model == r.model && (l == r || l.model->equal(l, r, equality));
}

std::string normalized(std::string_view text) {
  std::string out;
  bool space = false;
  for (const char c : to_lower(text)) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c;
  }
  return out;
}

bool numbers_equivalent(const Decimal& left, const Decimal& right) {
  const int scale = std::min(left.normalized().scale(), right.normalized().scale());
  const auto l = left.rescaled(scale, Decimal::Rounding::kHalfAwayFromZero);
  const auto r = right.rescaled(scale, Decimal::Rounding::kHalfAwayFromZero);
  return l && r && *l == *r;
}

/// In equivalence a UCUM year or month is the calendar one.
Quantity calendar(const Quantity& quantity) {
  if (quantity.kind == Quantity::Unit::kUcum && quantity.unit == "a")
    return calendar_quantity(quantity.value, CalendarUnit::kYear);
  if (quantity.kind == Quantity::Unit::kUcum && quantity.unit == "mo")
    return calendar_quantity(quantity.value, CalendarUnit::kMonth);
  return quantity;
}

bool quantities_equivalent(const Quantity& left, const Quantity& right) {
  const Quantity one_left{.value = Decimal{1}, .unit = left.unit, .kind = left.kind};
  const Quantity one_right{.value = Decimal{1}, .unit = right.unit, .kind = right.kind};
  const auto units = compare(one_left, one_right);
  if (!units) return false;
  const Quantity& coarse = *units >= 0 ? left : right;
  const Quantity& fine = *units >= 0 ? right : left;
  const auto converted =
      add(Quantity{.value = Decimal{0}, .unit = coarse.unit, .kind = coarse.kind}, fine);
  return converted && numbers_equivalent(coarse.value, converted->value);
}

}  // namespace

std::optional<bool> equal(const Item& left, const Item& right) {
  const Item l = to_value(left);
  const Item r = to_value(right);
  if (l.is(ItemKind::kNone) && r.is(ItemKind::kNone))
    return elements_equal(left, right, Equality::kEqual);
  if (is_number(l) && is_number(r)) return number(l) == number(r);
  if (are_quantities(l, r)) {
    const auto ordering = compare(quantity(l), quantity(r));
    return ordering ? std::optional(*ordering == 0) : std::nullopt;
  }
  if (l.kind() != r.kind()) return false;
  switch (l.kind()) {
    case ItemKind::kBoolean:
      return l.as_boolean() == r.as_boolean();
    case ItemKind::kString:
      return l.as_string() == r.as_string();
    case ItemKind::kType:
      return l.as_type() == r.as_type();
    case ItemKind::kMoment: {
      const bool times = l.as_moment().kind == Moment::Kind::kTime;
      if (times != (r.as_moment().kind == Moment::Kind::kTime)) return false;
      const auto ordering = compare(l.as_moment(), r.as_moment());
      return ordering ? std::optional(*ordering == 0) : std::nullopt;
    }
    default:
      return false;
  }
}

std::optional<bool> equal(std::span<const Item> left, std::span<const Item> right) {
  if (left.size() != right.size()) return false;
  bool unknown = false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto same = equal(left[i], right[i]);
    if (!same)
      unknown = true;
    else if (!*same)
      return false;
  }
  if (unknown) return std::nullopt;
  return true;
}

bool equivalent(const Item& left, const Item& right) {
  const Item l = to_value(left);
  const Item r = to_value(right);
  if (l.is(ItemKind::kNone) && r.is(ItemKind::kNone))
    return elements_equal(left, right, Equality::kEquivalent);
  if (is_number(l) && is_number(r)) return numbers_equivalent(number(l), number(r));
  if (are_quantities(l, r))
    return quantities_equivalent(calendar(quantity(l)), calendar(quantity(r)));
  if (l.is(ItemKind::kString) && r.is(ItemKind::kString))
    return normalized(l.as_string()) == normalized(r.as_string());
  return equal(l, r).value_or(false);
}

bool equivalent(std::span<const Item> left, std::span<const Item> right) {
  if (left.size() != right.size()) return false;
  std::vector<bool> used(right.size());
  return std::ranges::all_of(left, [&](const Item& item) {
    for (std::size_t i = 0; i < right.size(); ++i)
      if (!used[i] && equivalent(item, right[i])) return used[i] = true, true;
    return false;
  });
}

bool contains(std::span<const Item> items, const Item& item) {
  return std::ranges::any_of(items,
                             [&](const Item& other) { return equal(other, item).value_or(false); });
}

Order order(const Item& left, const Item& right) {
  const Item l = to_value(left);
  const Item r = to_value(right);
  if (is_number(l) && is_number(r)) return to_order(number(l) <=> number(r));
  if (are_quantities(l, r)) {
    const auto ordering = compare(quantity(l), quantity(r));
    return ordering ? to_order(*ordering) : Order::kUnknown;
  }
  if (l.is(ItemKind::kString) && r.is(ItemKind::kString))
    return to_order(l.as_string() <=> r.as_string());
  if (!l.is(ItemKind::kMoment) || !r.is(ItemKind::kMoment)) return Order::kIncomparable;
  const bool times = l.as_moment().kind == Moment::Kind::kTime;
  if (times != (r.as_moment().kind == Moment::Kind::kTime)) return Order::kIncomparable;
  const auto ordering = compare(l.as_moment(), r.as_moment());
  if (!ordering) return Order::kUnknown;
  return *ordering < 0 ? Order::kLess : (*ordering > 0 ? Order::kGreater : Order::kEqual);
}

}  // namespace kap::fhir::path

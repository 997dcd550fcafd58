#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "fhir/path/function.h"
#include "fhir/path/quantity.h"

/// lowBoundary(), highBoundary(), precision() and comparable() of the current FHIRPath
/// specification, which FHIR's period invariants use.
namespace kap::fhir::path {
namespace {

enum class Side : std::uint8_t { kLow, kHigh };

constexpr std::int64_t kMostDecimals = 28;
constexpr std::int64_t kDefaultDecimals = 8;

/// Half a unit of the last decimal away, cut to `scale`: down where the magnitude shrinks, half up
/// where it grows.
std::optional<Decimal> boundary(Decimal value, Side side, std::int64_t scale) {
  if (scale < 0 || scale > kMostDecimals) return std::nullopt;
  const bool negative = value.is_negative();
  const Decimal magnitude = negative ? value.negated() : value;
  const bool grows = (side == Side::kHigh) != negative;
  const Decimal half(5, magnitude.scale() + 1);
  const auto moved = grows ? add(magnitude, half) : subtract(magnitude, half);
  const auto cut =
      moved ? moved->rescaled(static_cast<int>(scale), grows ? Decimal::Rounding::kHalfAwayFromZero
                                                             : Decimal::Rounding::kTruncate)
            : std::nullopt;
  if (!cut) return std::nullopt;
  return negative ? cut->negated() : *cut;
}

int digits_of(const Moment& moment) {
  static constexpr std::array<int, 7> kDate{4, 6, 8, 10, 12, 14, 17};
  static constexpr std::array<int, 7> kTime{0, 0, 0, 2, 4, 6, 9};
  const auto index = static_cast<std::size_t>(moment.precision);
  return moment.kind == Moment::Kind::kTime ? kTime[index] : kDate[index];
}

std::optional<Precision> precision_of(Moment::Kind kind, std::int64_t digits) {
  Moment probe;
  probe.kind = kind;
  for (int i = kind == Moment::Kind::kTime ? 3 : 0; i < 7; ++i) {
    probe.precision = static_cast<Precision>(i);
    if (digits_of(probe) == digits) return probe.precision;
  }
  return std::nullopt;
}

void fill(Moment& m, Side side, Precision from) {
  const bool high = side == Side::kHigh;
  if (from <= Precision::kMonth) m.month = high ? 12 : 1;
  if (from <= Precision::kDay) {
    m.day = 1;
    if (high) {
      Moment month = m;
      month.kind = Moment::Kind::kDateTime;
      month.precision = Precision::kMonth;
      m.day = static_cast<std::uint8_t>((month.end_millisecond() - month.first_millisecond()) /
                                        86'400'000);
    }
  }
  if (from <= Precision::kHour) m.hour = high ? 23 : 0;
  if (from <= Precision::kMinute) m.minute = high ? 59 : 0;
  if (from <= Precision::kSecond) m.second = high ? 59 : 0;
  if (from <= Precision::kFraction) m.nanosecond = high ? 999'000'000 : 0;
}

/// A dateTime of hours stands for its first minute: FHIR has no time without minutes.
std::optional<Moment> boundary(Moment value, Side side, std::optional<std::int64_t> digits) {
  const std::int64_t finest = value.kind == Moment::Kind::kTime   ? 9
                              : value.kind == Moment::Kind::kDate ? 8
                                                                  : 17;
  const auto precision = precision_of(value.kind, digits.value_or(finest));
  if (!precision) return std::nullopt;
  if (value.precision == Precision::kHour) value.precision = Precision::kMinute;
  if (value.precision < *precision)
    fill(value, side, static_cast<Precision>(static_cast<int>(value.precision) + 1));
  if (*precision > Precision::kDay && !value.has_offset && value.kind != Moment::Kind::kTime) {
    value.has_offset = true;
    value.offset_minutes = side == Side::kLow ? 14 * 60 : -12 * 60;
  }
  if (*precision <= Precision::kDay) value.has_offset = false;
  value.precision = *precision;
  value.fraction_digits = 3;
  return value;
}

template <Side side>
bool boundary_of(Call& call, Collection& out) {
  Item value;
  std::optional<std::int64_t> digits;
  if (!call.input_value(value)) return false;
  if (call.argument_count() == 1 && !call.argument_integer(0, digits)) return false;
  switch (value.kind()) {
    case ItemKind::kInteger:
    case ItemKind::kDecimal: {
      const Decimal number =
          value.is(ItemKind::kInteger) ? Decimal(value.as_integer()) : value.as_decimal();
      if (const auto found = boundary(number, side, digits.value_or(kDefaultDecimals)))
        out.push_back(Item::decimal(*found));
      return true;
    }
    case ItemKind::kQuantity: {
      Quantity quantity = value.as_quantity();
      const auto found = boundary(quantity.value, side, digits.value_or(kDefaultDecimals));
      if (!found) return true;
      quantity.value = *found;
      out.push_back(Item::quantity(std::move(quantity)));
      return true;
    }
    case ItemKind::kMoment:
      if (const auto found = boundary(value.as_moment(), side, digits))
        out.push_back(Item::moment(*found));
      return true;
    case ItemKind::kNone:
      return true;
    default:
      return call.fail("a number, quantity, date or time is asked for here");
  }
}

bool precision(Call& call, Collection& out) {
  Item value;
  if (!call.input_value(value)) return false;
  switch (value.kind()) {
    case ItemKind::kInteger:
      out.push_back(Item::integer(0));
      return true;
    case ItemKind::kDecimal:
      out.push_back(Item::integer(value.as_decimal().scale()));
      return true;
    case ItemKind::kMoment:
      out.push_back(Item::integer(digits_of(value.as_moment())));
      return true;
    case ItemKind::kNone:
      return true;
    default:
      return call.fail("a number, date or time is asked for here");
  }
}

bool comparable(Call& call, Collection& out) {
  Item left;
  Item right;
  if (!call.input_value(left) || !call.argument_value(0, right)) return false;
  if (left.is(ItemKind::kNone) || right.is(ItemKind::kNone)) return true;
  if (!left.is(ItemKind::kQuantity) || !right.is(ItemKind::kQuantity))
    return call.fail("comparable() takes two quantities");
  out.push_back(Item::boolean(is_comparable(left.as_quantity(), right.as_quantity())));
  return true;
}

constexpr std::array kFunctions{
    FunctionDef{"lowBoundary", 0, 1, boundary_of<Side::kLow>},
    FunctionDef{"highBoundary", 0, 1, boundary_of<Side::kHigh>},
    FunctionDef{"precision", 0, 0, precision},
    FunctionDef{"comparable", 1, 1, comparable},
};

}  // namespace

std::span<const FunctionDef> boundary_functions() { return kFunctions; }

}  // namespace kap::fhir::path

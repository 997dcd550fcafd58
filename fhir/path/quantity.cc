#include "fhir/path/quantity.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace kap::fhir::path {
namespace {

constexpr std::array<std::string_view, 8> kWords{"year", "month",  "week",   "day",
                                                 "hour", "minute", "second", "millisecond"};
constexpr std::array<std::string_view, 8> kDurations{"", "", "wk", "d", "h", "min", "s", "ms"};

struct Reduced {
  UnitValue unit;
  /// Calendar years and months have no definite length: a dimension of their own.
  bool months = false;
};

std::optional<Reduced> reduce(const Quantity& quantity) {
  if (quantity.kind == Quantity::Unit::kUcum) {
    auto unit = parse_ucum(quantity.unit);
    if (!unit) return std::nullopt;
    return Reduced{.unit = *unit};
  }
  const auto word = parse_calendar_unit(quantity.unit);
  if (!word) return std::nullopt;
  if (*word == CalendarUnit::kYear || *word == CalendarUnit::kMonth)
    return Reduced{.unit = {.dimension = {},
                            .numerator = Decimal{*word == CalendarUnit::kYear ? 12 : 1},
                            .denominator = Decimal{1}},
                   .months = true};
  auto unit = parse_ucum(kDurations[static_cast<std::size_t>(*word)]);
  return Reduced{.unit = *unit};
}

std::optional<Decimal> product(Decimal a, Decimal b, Decimal c) {
  const auto first = multiply(a, b);
  return first ? multiply(*first, c) : std::nullopt;
}

constexpr std::array<std::string_view, 8> kBaseCodes{"m", "g", "s", "K", "mol", "cd", "C", "rad"};

std::string base_code(const UnitValue& unit) {
  std::string out;
  for (std::size_t i = 0; i < unit.dimension.size(); ++i) {
    if (unit.dimension[i] == 0) continue;
    if (!out.empty()) out += '.';
    out += kBaseCodes[i];
    if (unit.dimension[i] != 1) out += std::to_string(unit.dimension[i]);
  }
  return out.empty() ? "1" : out;
}

enum class Combination : std::uint8_t { kProduct, kQuotient };

std::optional<Quantity> combine(const Quantity& left, const Quantity& right,
                                Combination combination) {
  const bool dividing = combination == Combination::kQuotient;
  const auto l = reduce(left);
  auto r = reduce(right);
  if (!l || !r || l->months || r->months) return std::nullopt;
  UnitValue unit = l->unit;
  for (std::size_t i = 0; i < unit.dimension.size(); ++i)
    unit.dimension[i] = static_cast<std::int8_t>(
        unit.dimension[i] + (dividing ? -r->unit.dimension[i] : r->unit.dimension[i]));
  if (dividing) std::swap(r->unit.numerator, r->unit.denominator);
  const auto value = dividing ? divide(left.value, right.value) : multiply(left.value, right.value);
  if (!value) return std::nullopt;
  const auto numerator = product(*value, unit.numerator, r->unit.numerator);
  const auto denominator = multiply(unit.denominator, r->unit.denominator);
  if (!numerator || !denominator) return std::nullopt;
  const auto scaled = divide(*numerator, *denominator);
  if (!scaled) return std::nullopt;
  return Quantity{.value = *scaled, .unit = base_code(unit)};
}

}  // namespace

std::optional<CalendarUnit> parse_calendar_unit(std::string_view word) {
  if (word.size() > 1 && word.back() == 's') word.remove_suffix(1);
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (kWords[i] == word) return static_cast<CalendarUnit>(i);
  return std::nullopt;
}

std::string_view to_word(CalendarUnit unit) { return kWords[static_cast<std::size_t>(unit)]; }

Quantity calendar_quantity(Decimal value, CalendarUnit unit) {
  return {.value = value, .unit = std::string(to_word(unit)), .kind = Quantity::Unit::kCalendar};
}

Quantity to_quantity(Decimal value, std::string_view unit) {
  if (const auto calendar = parse_calendar_unit(unit)) return calendar_quantity(value, *calendar);
  return {.value = value, .unit = std::string(unit)};
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  std::size_t end = 0;
  if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
  while (end < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.'))
    ++end;
  const auto value = Decimal::parse(text.substr(0, end));
  if (!value) return std::nullopt;
  std::string_view unit = text.substr(end);
  if (unit.empty()) return Quantity{.value = *value, .unit = "1"};
  const std::size_t start = unit.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return std::nullopt;
  unit.remove_prefix(start);
  if (unit.size() > 2 && unit.front() == '\'' && unit.back() == '\'')
    return to_quantity(*value, unit.substr(1, unit.size() - 2));
  const auto calendar = start == 0 ? std::nullopt : parse_calendar_unit(unit);
  if (!calendar) return std::nullopt;
  return calendar_quantity(*value, *calendar);
}

std::string to_text(const Quantity& quantity) {
  if (quantity.kind == Quantity::Unit::kUcum)
    return fmt::format("{} '{}'", quantity.value.text(), quantity.unit);
  return fmt::format("{} {}{}", quantity.value.text(), quantity.unit,
                     quantity.value == Decimal{1} ? "" : "s");
}

std::optional<CalendarUnit> duration_unit(const Quantity& quantity) {
  if (quantity.kind == Quantity::Unit::kCalendar) return parse_calendar_unit(quantity.unit);
  for (std::size_t i = 2; i < kDurations.size(); ++i)
    if (kDurations[i] == quantity.unit) return static_cast<CalendarUnit>(i);
  return std::nullopt;
}

bool is_comparable(const Quantity& left, const Quantity& right) {
  if (left.kind == right.kind && left.unit == right.unit) return true;
  const auto l = reduce(left);
  const auto r = reduce(right);
  return l && r && l->months == r->months && l->unit.dimension == r->unit.dimension;
}

std::optional<std::strong_ordering> compare(const Quantity& left, const Quantity& right) {
  if (left.kind == right.kind && left.unit == right.unit) return left.value <=> right.value;
  const auto l = reduce(left);
  const auto r = reduce(right);
  if (!l || !r || l->months != r->months || l->unit.dimension != r->unit.dimension)
    return std::nullopt;
  const auto a = product(left.value, l->unit.numerator, r->unit.denominator);
  const auto b = product(right.value, r->unit.numerator, l->unit.denominator);
  if (a && b) return *a <=> *b;
  // Beyond 38 digits: the ratio in floating point still tells values apart that are not close.
  const double x =
      left.value.to_double() * l->unit.numerator.to_double() / l->unit.denominator.to_double();
  const double y =
      right.value.to_double() * r->unit.numerator.to_double() / r->unit.denominator.to_double();
  return x < y ? std::strong_ordering::less
               : (x > y ? std::strong_ordering::greater : std::strong_ordering::equal);
}

std::optional<Quantity> add(const Quantity& left, const Quantity& right) {
  if (left.kind == right.kind && left.unit == right.unit) {
    const auto sum = add(left.value, right.value);
    if (!sum) return std::nullopt;
    return Quantity{.value = *sum, .unit = left.unit, .kind = left.kind};
  }
  const auto l = reduce(left);
  const auto r = reduce(right);
  if (!l || !r || l->months != r->months || l->unit.dimension != r->unit.dimension)
    return std::nullopt;
  // In the unit of the left operand.
  const auto numerator = product(right.value, r->unit.numerator, l->unit.denominator);
  const auto denominator = multiply(r->unit.denominator, l->unit.numerator);
  if (!numerator || !denominator) return std::nullopt;
  const auto converted = divide(*numerator, *denominator);
  const auto sum = converted ? add(left.value, *converted) : std::nullopt;
  if (!sum) return std::nullopt;
  return Quantity{.value = *sum, .unit = left.unit, .kind = left.kind};
}

std::optional<Quantity> multiply(const Quantity& left, const Quantity& right) {
  return combine(left, right, Combination::kProduct);
}

std::optional<Quantity> divide(const Quantity& left, const Quantity& right) {
  if (right.value.is_zero()) return std::nullopt;
  return combine(left, right, Combination::kQuotient);
}

std::optional<CanonicalQuantity> to_canonical(Decimal value, std::string_view unit) {
  const auto reduced = parse_ucum(unit);
  if (!reduced) return std::nullopt;
  const auto numerator = multiply(value, reduced->numerator);
  const auto out = numerator ? divide(*numerator, reduced->denominator) : std::nullopt;
  if (!out) return std::nullopt;
  return CanonicalQuantity{.value = *out, .unit = base_code(*reduced)};
}

}  // namespace kap::fhir::path

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/path/item.h"

namespace kap::fhir::path {

/// `day`, `days`, … of FHIRPath's calendar durations.
[[nodiscard]] std::optional<CalendarUnit> parse_calendar_unit(std::string_view word);
[[nodiscard]] std::string_view to_word(CalendarUnit unit);  // singular

/// `unit` is a UCUM code, or a calendar word (`'month'`), which is then a calendar duration.
[[nodiscard]] Quantity to_quantity(Decimal value, std::string_view unit);
[[nodiscard]] Quantity calendar_quantity(Decimal value, CalendarUnit unit);
/// The text that toQuantity() accepts: `4.5`, `10 'mg'`, `1 day`.
[[nodiscard]] std::optional<Quantity> parse_quantity(std::string_view text);
[[nodiscard]] std::string to_text(const Quantity& quantity);

/// The unit of date arithmetic: calendar words and the UCUM units of definite length (wk, d, h,
/// min, s, ms); nothing for `mo`, `a` and all others.
[[nodiscard]] std::optional<CalendarUnit> duration_unit(const Quantity& quantity);

/// A unit reduced to base units: one of it is numerator / denominator of them.
struct UnitValue {
  /// Exponents of metre, gram, second, kelvin, mole, candela, coulomb, radian.
  std::array<std::int8_t, 8> dimension{};
  Decimal numerator{1};
  Decimal denominator{1};
};

/// The subset of UCUM that clinical records use: metric prefixes on metric atoms, products,
/// quotients, exponents, annotations. Nothing for arbitrary and special units ([iU], Cel).
[[nodiscard]] std::optional<UnitValue> parse_ucum(std::string_view unit);

/// How two quantities compare; nothing where their units cannot be compared.
[[nodiscard]] std::optional<std::strong_ordering> compare(const Quantity& left,
                                                          const Quantity& right);
[[nodiscard]] bool is_comparable(const Quantity& left, const Quantity& right);

[[nodiscard]] std::optional<Quantity> add(const Quantity& left, const Quantity& right);
[[nodiscard]] std::optional<Quantity> multiply(const Quantity& left, const Quantity& right);
[[nodiscard]] std::optional<Quantity> divide(const Quantity& left, const Quantity& right);

/// The value in base units and the code of these (`g.m-3`); nothing where parse_ucum gives none.
struct CanonicalQuantity {
  Decimal value;
  std::string unit;
};
[[nodiscard]] std::optional<CanonicalQuantity> to_canonical(Decimal value, std::string_view unit);

}  // namespace kap::fhir::path

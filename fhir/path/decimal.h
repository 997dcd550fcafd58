#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kap::fhir::path {

/// An exact decimal: coefficient × 10^-scale, at most 38 significant digits. The scale is kept as
/// written, so `1.00` prints as `1.00` and has two decimals of precision; comparison is by value.
/// Operations answer nothing where the exact result leaves that range; division is rounded.
class Decimal {
 public:
  static constexpr int kMaxScale = 28;
  static constexpr int kMaxDigits = 38;
  /// Decimals that a division is carried to, trailing zeros dropped.
  static constexpr int kDivisionScale = 16;

  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t value) : coefficient_(value) {}  // NOLINT: every integer is one
  constexpr Decimal(__int128 coefficient, int scale)
      : coefficient_(coefficient), scale_(static_cast<std::int8_t>(scale)) {}

  /// A JSON or FHIRPath number, exponents included (`1.5e3`).
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);
  [[nodiscard]] static std::optional<Decimal> from_double(double value);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] double to_double() const;
  /// The value when it is whole and fits.
  [[nodiscard]] std::optional<std::int64_t> to_integer() const;
  [[nodiscard]] __int128 coefficient() const { return coefficient_; }
  [[nodiscard]] int scale() const { return scale_; }
  [[nodiscard]] bool is_zero() const { return coefficient_ == 0; }
  [[nodiscard]] bool is_negative() const { return coefficient_ < 0; }
  /// Digits of the coefficient, at least 1 (`1.58700` has 6).
  [[nodiscard]] int digits() const;

  [[nodiscard]] Decimal negated() const { return {-coefficient_, scale_}; }
  /// Without trailing zeros after the point.
  [[nodiscard]] Decimal normalized() const;
  /// With exactly `scale` decimals.
  enum class Rounding : std::uint8_t { kHalfAwayFromZero, kDown, kUp, kTruncate };
  [[nodiscard]] std::optional<Decimal> rescaled(int scale, Rounding rounding) const;

  friend std::optional<Decimal> add(Decimal left, Decimal right);
  friend std::optional<Decimal> subtract(Decimal left, Decimal right);
  friend std::optional<Decimal> multiply(Decimal left, Decimal right);
  /// Nothing when `right` is zero.
  friend std::optional<Decimal> divide(Decimal left, Decimal right);

  friend std::strong_ordering operator<=>(const Decimal& left, const Decimal& right);
  friend bool operator==(const Decimal& left, const Decimal& right) {
    return (left <=> right) == std::strong_ordering::equal;
  }

 private:
  __int128 coefficient_ = 0;
  std::int8_t scale_ = 0;
} __attribute__((packed, aligned(8)));
static_assert(sizeof(Decimal) == 24);

[[nodiscard]] std::optional<Decimal> add(Decimal left, Decimal right);
[[nodiscard]] std::optional<Decimal> subtract(Decimal left, Decimal right);
[[nodiscard]] std::optional<Decimal> multiply(Decimal left, Decimal right);
[[nodiscard]] std::optional<Decimal> divide(Decimal left, Decimal right);

}  // namespace kap::fhir::path

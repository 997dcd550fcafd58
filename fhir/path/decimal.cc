#include "fhir/path/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace kap::fhir::path {
namespace {

using Int = __int128;

Int power_of_ten(int exponent) {
  Int out = 1;
  for (int i = 0; i < exponent; ++i) out *= 10;
  return out;
}

bool multiply_overflows(Int left, Int right, Int& out) {
  return __builtin_mul_overflow(left, right, &out);
}

/// Both coefficients at the larger of the two scales.
bool align(const Decimal& left, const Decimal& right, Int& l, Int& r, int& scale) {
  scale = std::max(left.scale(), right.scale());
  return !multiply_overflows(left.coefficient(), power_of_ten(scale - left.scale()), l) &&
         !multiply_overflows(right.coefficient(), power_of_ten(scale - right.scale()), r);
}

bool within_digits(Int value) {
  const Int bound = power_of_ten(Decimal::kMaxDigits);
  return value < bound && value > -bound;
}

/// The exponent after `e`, or nothing; `text` becomes what stands before it.
std::optional<int> take_exponent(std::string_view& text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos) return 0;
  std::string_view digits = text.substr(e + 1);
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc() || end != digits.data() + digits.size() || std::abs(exponent) > 400)
    return std::nullopt;
  text = text.substr(0, e);
  return exponent;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const auto exponent = take_exponent(text);
  if (!exponent.has_value()) return std::nullopt;
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const Int tenth = power_of_ten(kMaxDigits - 1);
  Int coefficient = 0;
  int scale = -1;
  int digits = 0;
  for (const char c : text) {
    if (c == '.' && scale < 0 && digits > 0) {
      scale = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    ++digits;
    if (coefficient >= tenth) return std::nullopt;
    coefficient = coefficient * 10 + (c - '0');
    if (scale >= 0) ++scale;
  }
  if (digits == 0 || scale == 0) return std::nullopt;
  scale = std::max(scale, 0) - *exponent;
  while (scale > kMaxScale && coefficient % 10 == 0 && coefficient != 0) {
    coefficient /= 10;
    --scale;
  }
  if (coefficient == 0) scale = std::clamp(scale, 0, kMaxScale);
  for (; scale < 0; ++scale) {
    if (coefficient >= tenth) return std::nullopt;
    coefficient *= 10;
  }
  if (scale > kMaxScale) return std::nullopt;
  return Decimal(negative ? -coefficient : coefficient, scale);
}

std::optional<Decimal> Decimal::from_double(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.15g", value);
  const auto parsed = parse(buffer);
  if (parsed.has_value()) return parsed->normalized();
  std::snprintf(buffer, sizeof buffer, "%.20f", value);
  const auto fixed = parse(buffer);
  return fixed.has_value() ? std::optional(fixed->normalized()) : std::nullopt;
}

std::string Decimal::text() const {
  Int rest = coefficient_;
  const bool negative = rest < 0;
  if (negative) rest = -rest;
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  while (static_cast<int>(digits.size()) <= scale_) digits += '0';
  if (negative) digits += '-';
  std::ranges::reverse(digits);
  if (scale_ > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale_), 1, '.');
  return digits;
}

double Decimal::to_double() const {
  const std::string digits = text();
  return std::strtod(digits.c_str(), nullptr);
}

std::optional<std::int64_t> Decimal::to_integer() const {
  const Decimal whole = normalized();
  if (whole.scale() != 0) return std::nullopt;
  const Int value = whole.coefficient();
  if (value > INT64_MAX || value < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

int Decimal::digits() const {
  Int rest = coefficient_;
  int count = 1;
  while ((rest /= 10) != 0) ++count;
  return std::max(count, scale_ + 1);
}

Decimal Decimal::normalized() const {
  Int rest = coefficient_;
  int scale = this->scale();
  while (scale > 0 && rest % 10 == 0) {
    rest /= 10;
    --scale;
  }
  return {rest, scale};
}

std::optional<Decimal> Decimal::rescaled(int scale, Rounding rounding) const {
  if (scale > kMaxScale || scale < 0) return std::nullopt;
  if (scale >= scale_) {
    Int out = 0;
    if (multiply_overflows(coefficient_, power_of_ten(scale - scale_), out) || !within_digits(out))
      return std::nullopt;
    return Decimal(out, scale);
  }
  const Int divisor = power_of_ten(scale_ - scale);
  Int quotient = coefficient_ / divisor;
  const Int rest = coefficient_ % divisor;
  switch (rounding) {
    case Rounding::kHalfAwayFromZero:
      if (rest * 2 >= divisor) ++quotient;
      if (rest * 2 <= -divisor) --quotient;
      break;
    case Rounding::kDown:
      if (rest < 0) --quotient;
      break;
    case Rounding::kUp:
      if (rest > 0) ++quotient;
      break;
    case Rounding::kTruncate:
      break;
  }
  return Decimal(quotient, scale);
}

std::optional<Decimal> add(Decimal left, Decimal right) {
  Int l = 0;
  Int r = 0;
  int scale = 0;
  Int sum = 0;
  if (!align(left, right, l, r, scale) || __builtin_add_overflow(l, r, &sum) || !within_digits(sum))
    return std::nullopt;
  return Decimal(sum, scale);
}

std::optional<Decimal> subtract(Decimal left, Decimal right) { return add(left, right.negated()); }

std::optional<Decimal> multiply(Decimal left, Decimal right) {
  Int product = 0;
  int scale = left.scale() + right.scale();
  if (multiply_overflows(left.coefficient(), right.coefficient(), product)) {
    left = left.normalized();
    right = right.normalized();
    scale = left.scale() + right.scale();
    if (multiply_overflows(left.coefficient(), right.coefficient(), product)) return std::nullopt;
  }
  while (scale > Decimal::kMaxScale) {
    product /= 10;
    --scale;
  }
  if (!within_digits(product)) return std::nullopt;
  return Decimal(product, scale);
}

std::optional<Decimal> divide(Decimal left, Decimal right) {
  if (right.is_zero()) return std::nullopt;
  left = left.normalized();
  right = right.normalized();
  const bool negative = left.is_negative() != right.is_negative();
  const Int divisor = right.is_negative() ? -right.coefficient() : right.coefficient();
  Int rest = left.is_negative() ? -left.coefficient() : left.coefficient();
  Int quotient = rest / divisor;
  rest %= divisor;
  int scale = left.scale() - right.scale();
  while (scale < 0 || (rest != 0 && scale < Decimal::kDivisionScale)) {
    if (multiply_overflows(quotient, 10, quotient) || multiply_overflows(rest, 10, rest))
      return std::nullopt;
    quotient += rest / divisor;
    rest %= divisor;
    ++scale;
    if (!within_digits(quotient)) return std::nullopt;
  }
  if (rest >= divisor - rest) ++quotient;
  return Decimal(negative ? -quotient : quotient, scale).normalized();
}

std::strong_ordering operator<=>(const Decimal& left, const Decimal& right) {
  Int l = 0;
  Int r = 0;
  int scale = 0;
  if (align(left, right, l, r, scale)) return l <=> r;
  // One of them is so large at the common scale that it does not fit: the whole parts decide.
  const Int whole_left = left.coefficient() / power_of_ten(left.scale());
  const Int whole_right = right.coefficient() / power_of_ten(right.scale());
  if (whole_left != whole_right) return whole_left <=> whole_right;
  return left.to_double() < right.to_double() ? std::strong_ordering::less
                                              : std::strong_ordering::greater;
}

}  // namespace kap::fhir::path

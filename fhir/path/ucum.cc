#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "fhir/path/quantity.h"

namespace kap::fhir::path {
namespace {

enum Base : std::uint8_t { kMetre, kGram, kSecond, kKelvin, kMole, kCandela, kCoulomb, kRadian };

struct Power {
  Base base;
  std::int8_t exponent;
};

struct Atom {
  std::string_view code;
  std::string_view factor;
  std::array<Power, 3> powers;
  bool metric;
};
constexpr Power kNo{kMetre, 0};

/// The Unified Code for Units of Measure, tables 3 to 10, what clinical records use of it.
constexpr Atom kAtoms[] = {
    {"m", "1", {{{kMetre, 1}, kNo, kNo}}, true},
    {"g", "1", {{{kGram, 1}, kNo, kNo}}, true},
    {"s", "1", {{{kSecond, 1}, kNo, kNo}}, true},
    {"K", "1", {{{kKelvin, 1}, kNo, kNo}}, true},
    {"cd", "1", {{{kCandela, 1}, kNo, kNo}}, true},
    {"C", "1", {{{kCoulomb, 1}, kNo, kNo}}, true},
    {"rad", "1", {{{kRadian, 1}, kNo, kNo}}, true},
    {"mol", "602214076000000000000000", {{kNo, kNo, kNo}}, true},
    {"eq", "602214076000000000000000", {{kNo, kNo, kNo}}, true},
    {"osm", "602214076000000000000000", {{kNo, kNo, kNo}}, true},
    {"L", "0.001", {{{kMetre, 3}, kNo, kNo}}, true},
    {"l", "0.001", {{{kMetre, 3}, kNo, kNo}}, true},
    {"min", "60", {{{kSecond, 1}, kNo, kNo}}, false},
    {"h", "3600", {{{kSecond, 1}, kNo, kNo}}, false},
    {"d", "86400", {{{kSecond, 1}, kNo, kNo}}, false},
    {"wk", "604800", {{{kSecond, 1}, kNo, kNo}}, false},
    {"mo", "2629800", {{{kSecond, 1}, kNo, kNo}}, false},
    {"mo_j", "2629800", {{{kSecond, 1}, kNo, kNo}}, false},
    {"a", "31557600", {{{kSecond, 1}, kNo, kNo}}, false},
    {"a_j", "31557600", {{{kSecond, 1}, kNo, kNo}}, false},
    {"Hz", "1", {{{kSecond, -1}, kNo, kNo}}, true},
    {"N", "1000", {{{kMetre, 1}, {kGram, 1}, {kSecond, -2}}}, true},
    {"Pa", "1000", {{{kMetre, -1}, {kGram, 1}, {kSecond, -2}}}, true},
    {"bar", "100000000", {{{kMetre, -1}, {kGram, 1}, {kSecond, -2}}}, true},
    {"m[Hg]", "133322000", {{{kMetre, -1}, {kGram, 1}, {kSecond, -2}}}, true},
    {"m[H2O]", "9806650", {{{kMetre, -1}, {kGram, 1}, {kSecond, -2}}}, true},
    {"J", "1000", {{{kMetre, 2}, {kGram, 1}, {kSecond, -2}}}, true},
    {"cal", "4184", {{{kMetre, 2}, {kGram, 1}, {kSecond, -2}}}, true},
    {"W", "1000", {{{kMetre, 2}, {kGram, 1}, {kSecond, -3}}}, true},
    {"A", "1", {{{kCoulomb, 1}, {kSecond, -1}, kNo}}, true},
    {"t", "1000000", {{{kGram, 1}, kNo, kNo}}, true},
    {"[in_i]", "0.0254", {{{kMetre, 1}, kNo, kNo}}, false},
    {"[ft_i]", "0.3048", {{{kMetre, 1}, kNo, kNo}}, false},
    {"[yd_i]", "0.9144", {{{kMetre, 1}, kNo, kNo}}, false},
    {"[mi_i]", "1609.344", {{{kMetre, 1}, kNo, kNo}}, false},
    {"[gr]", "0.06479891", {{{kGram, 1}, kNo, kNo}}, false},
    {"[oz_av]", "28.349523125", {{{kGram, 1}, kNo, kNo}}, false},
    {"[lb_av]", "453.59237", {{{kGram, 1}, kNo, kNo}}, false},
    {"[stone_av]", "6350.29318", {{{kGram, 1}, kNo, kNo}}, false},
    {"%", "0.01", {{kNo, kNo, kNo}}, false},
    {"[ppth]", "0.001", {{kNo, kNo, kNo}}, false},
    {"[ppm]", "0.000001", {{kNo, kNo, kNo}}, false},
    {"deg", "0.0174532925199432957692", {{{kRadian, 1}, kNo, kNo}}, false},
};

/// The factor of an atom; their texts are parsed once.
const Decimal& factor_of(const Atom& atom) {
  static const std::array<Decimal, std::size(kAtoms)> kFactors = [] {
    std::array<Decimal, std::size(kAtoms)> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = *Decimal::parse(kAtoms[i].factor);
    return out;
  }();
  return kFactors[static_cast<std::size_t>(&atom - kAtoms)];
}

struct Prefix {
  char code;
  std::int8_t exponent;
};
constexpr Prefix kPrefixes[] = {{'G', 9},  {'M', 6},  {'k', 3},  {'h', 2},   {'d', -1}, {'c', -2},
                                {'m', -3}, {'u', -6}, {'n', -9}, {'p', -12}, {'f', -15}};

std::optional<Decimal> power_of_ten(int exponent) {
  Decimal out{1};
  for (int i = 0; i < exponent; ++i) {
    const auto next = multiply(out, Decimal{10});
    if (!next) return std::nullopt;
    out = *next;
  }
  return out;
}

class UcumParser {
 public:
  explicit UcumParser(std::string_view text) : rest_(text) {}

  std::optional<UnitValue> run() {
    if (rest_.empty() || !term(1, 0) || !rest_.empty()) return std::nullopt;
    return value_;
  }

 private:
  static constexpr int kDepth = 8;

  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool term(int sign, int depth) {
    if (depth > kDepth) return false;
    int now = accept('/') ? -sign : sign;
    while (true) {
      if (!component(now, depth)) return false;
      if (accept('.')) {
        now = sign;
      } else if (accept('/')) {
        now = -sign;
      } else {
        return true;
      }
    }
  }

  bool annotation() {
    if (!accept('{')) return false;
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool component(int sign, int depth) {
    if (accept('(')) return term(sign, depth + 1) && accept(')');
    if (annotation()) return true;
    if (rest_.starts_with("10*") || rest_.starts_with("10^")) {
      rest_.remove_prefix(3);
      const int exponent = read_exponent();
      return apply(power_of_ten(std::abs(exponent)), exponent < 0 ? -sign : sign) && trailing();
    }
    if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') return number(sign);
    return symbol(sign) && trailing();
  }

  bool trailing() { return rest_.empty() || rest_.front() != '{' || annotation(); }

  bool number(int sign) {
    const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const auto value = Decimal::parse(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return apply(value, sign) && trailing();
  }

  int read_exponent() {
    std::string_view digits = rest_;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.empty() || digits.front() < '0' || digits.front() > '9') return 1;
    int value = 0;
    while (!digits.empty() && digits.front() >= '0' && digits.front() <= '9' && value < 100) {
      value = value * 10 + (digits.front() - '0');
      digits.remove_prefix(1);
    }
    rest_ = digits;
    return negative ? -value : value;
  }

  bool symbol(int sign) {
    std::size_t size = 0;
    bool bracket = false;
    while (size < rest_.size()) {
      const char c = rest_[size];
      if (c == '[') bracket = true;
      if (!bracket && (c == '.' || c == '/' || c == '{' || c == ')' || c == '-' || c == '+' ||
                       (c >= '0' && c <= '9')))
        break;
      if (c == ']') bracket = false;
      ++size;
    }
    const std::string_view code = rest_.substr(0, size);
    rest_.remove_prefix(size);
    const int exponent = read_exponent();
    if (exponent == 0 || std::abs(exponent) > 9) return false;
    for (const Atom& atom : kAtoms)
      if (atom.code == code) return add(atom, 0, sign * exponent);
    for (const Prefix& prefix : kPrefixes) {
      if (code.empty() || code.front() != prefix.code) continue;
      for (const Atom& atom : kAtoms)
        if (atom.metric && atom.code == code.substr(1))
          return add(atom, prefix.exponent, sign * exponent);
    }
    if (code.starts_with("da"))
      for (const Atom& atom : kAtoms)
        if (atom.metric && atom.code == code.substr(2)) return add(atom, 1, sign * exponent);
    return false;
  }

  bool add(const Atom& atom, int prefix, int exponent) {
    for (const Power& power : atom.powers)
      value_.dimension[power.base] =
          static_cast<std::int8_t>(value_.dimension[power.base] + power.exponent * exponent);
    const auto scale = power_of_ten(std::abs(prefix));
    for (int i = 0; i < std::abs(exponent); ++i) {
      const int sign = exponent < 0 ? -1 : 1;
      if (!apply(factor_of(atom), sign)) return false;
      if (!apply(scale, prefix < 0 ? -sign : sign)) return false;
    }
    return true;
  }

  bool apply(std::optional<Decimal> factor, int sign) {
    if (!factor) return false;
    Decimal& side = sign < 0 ? value_.denominator : value_.numerator;
    const auto product = multiply(side, *factor);
    if (!product) return false;
    side = *product;
    return true;
  }

  std::string_view rest_;
  UnitValue value_;
};

}  // namespace

std::optional<UnitValue> parse_ucum(std::string_view unit) {
  if (unit.size() > 64) return std::nullopt;
  if (unit == "1") return UnitValue{};
  return UcumParser(unit).run();
}

}  // namespace kap::fhir::path

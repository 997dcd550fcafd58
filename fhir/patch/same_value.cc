#include "fhir/patch/same_value.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace kap::fhir::patch {
namespace {

using json::Kind;
using json::Member;
using json::Value;

/// 0.digits × 10^exponent without zeros at either end of the digits; zero has none.
struct Number {
  bool is_negative = false;
  std::string digits;
  std::int64_t exponent = 0;
  friend bool operator==(const Number&, const Number&) = default;
};

Number to_number(std::string_view text) {
  Number out;
  if (text.starts_with('-')) {
    out.is_negative = true;
    text.remove_prefix(1);
  }
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  std::string_view power = text.substr(std::min(e + 1, text.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), out.exponent);
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  out.digits = mantissa.substr(0, point);
  if (point < mantissa.size()) out.digits += mantissa.substr(point + 1);
  const std::size_t first = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.digits.erase(0, first);
  out.exponent += static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  out.digits.erase(out.digits.find_last_not_of('0') + 1);
  return out.digits.empty() ? Number{} : out;
}

std::vector<const Member*> by_name(const Value& object) {
  std::vector<const Member*> out;
  out.reserve(object.members().size());
  for (const Member& member : object.members()) out.push_back(&member);
  std::ranges::sort(out, {}, [](const Member* member) { return member->name; });
  return out;
}

bool is_same_object(const Value& left, const Value& right) {
  if (left.members().size() != right.members().size()) return false;
  return std::ranges::equal(by_name(left), by_name(right), [](const Member* l, const Member* r) {
    return l->name == r->name && is_same_value(l->value, r->value);
  });
}

}  // namespace

bool is_same_number(std::string_view left, std::string_view right) {
  return left == right || to_number(left) == to_number(right);
}

bool is_same_value(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kNumber:
      return is_same_number(left.text(), right.text());
    case Kind::kArray:
      return std::ranges::equal(left.items(), right.items(), is_same_value);
    case Kind::kObject:
      return is_same_object(left, right);
    default:
      return left.text() == right.text();
  }
}

}  // namespace kap::fhir::patch

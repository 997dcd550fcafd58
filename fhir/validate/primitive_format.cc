#include "fhir/validate/primitive_format.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "fhir/validate/narrative.h"

namespace kap::fhir::validate {
namespace {

using definitions::Primitive;

enum CharClass : std::uint8_t {
  kSpace = 1,    // white space of the regular expressions: \t \n \v \f \r and the space
  kControl = 2,  // what no string may hold
  kIdChar = 4,   // A-Z a-z 0-9 - .
  kBase64 = 8,   // without the padding
  kLowerHex = 16,
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c < 0x20; ++c) classes[c] = kControl;
  for (const char c : {'\v', '\f'}) classes[static_cast<unsigned char>(c)] = kSpace | kControl;
  for (const char c : {'\t', '\n', '\r', ' '}) classes[static_cast<unsigned char>(c)] = kSpace;
  const auto add = [&](char first, char last, unsigned bits) {
    for (auto c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) {
      classes[c] = static_cast<std::uint8_t>(classes[c] | bits);
    }
  };
  add('A', 'Z', kIdChar | kBase64);
  add('a', 'z', kIdChar | kBase64);
  add('0', '9', kIdChar | kBase64 | kLowerHex);
  add('a', 'f', kLowerHex);
  add('-', '.', kIdChar);
  add('+', '+', kBase64);
  add('/', '/', kBase64);
  return classes;
}

constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

std::uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_string(std::string_view text) {
  std::uint8_t any = 0;
  bool only_space = true;
  for (const char c : text) {
    const std::uint8_t bits = class_of(c);
    any |= bits;
    only_space = only_space && (bits & kSpace) != 0;
  }
  return !only_space && (any & kControl) == 0;
}

bool has_no_space(std::string_view text) {
  std::uint8_t any = 0;
  for (const char c : text) any |= class_of(c);
  return !text.empty() && (any & (kSpace | kControl)) == 0;
}

/// No white space at the ends and never two in a row.
bool is_code(std::string_view text) {
  bool after_space = true;
  for (const char c : text) {
    const std::uint8_t bits = class_of(c);
    const bool space = (bits & kSpace) != 0;
    if ((space && after_space) || (bits & kControl) != 0) return false;
    after_space = space;
  }
  return !after_space;
}

bool is_oid(std::string_view text) {
  constexpr std::string_view kPrefix = "urn:oid:";
  if (!text.starts_with(kPrefix)) return false;
  text.remove_prefix(kPrefix.size());
  if (text.size() < 3 || text.front() < '0' || text.front() > '2') return false;
  text.remove_prefix(1);
  while (!text.empty()) {
    if (text.front() != '.') return false;
    text.remove_prefix(1);
    const auto end = std::ranges::find_if_not(text, is_digit);
    const auto digits = static_cast<std::size_t>(end - text.begin());
    if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
    text.remove_prefix(digits);
  }
  return true;
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view kShape = "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits =
        kShape[i] == 'x' ? (class_of(text[i]) & kLowerHex) != 0 : text[i] == kShape[i];
    if (!fits) return false;
  }
  return true;
}

bool is_base64(std::string_view text) {
  std::size_t letters = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    const std::uint8_t bits = class_of(c);
    if ((bits & kBase64) != 0 && padding == 0) {
      ++letters;
    } else if (c == '=') {
      ++padding;
    } else if ((bits & kSpace) == 0) {
      return false;
    }
  }
  return letters > 0 && padding <= 2 && (letters + padding) % 4 == 0;
}

bool is_integer(std::string_view text, std::int64_t low) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > 10 || (digits.size() > 1 && digits.front() == '0')) {
    return false;
  }
  std::int64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  value = negative ? -value : value;
  return value >= low && value <= std::int64_t{INT32_MAX};
}

bool is_decimal(std::string_view text) {
  const auto digits = [&] {
    const auto end = std::ranges::find_if_not(text, is_digit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero_first = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero_first && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return (class_of(c) & kIdChar) != 0; });
}

bool is_primitive(Primitive type, std::string_view text) {
  switch (type) {
    case Primitive::kBoolean:
      return text == "true" || text == "false";
    case Primitive::kString:
    case Primitive::kMarkdown:
      return is_string(text);
    case Primitive::kCode:
      return is_code(text);
    case Primitive::kId:
      return is_id(text);
    case Primitive::kUri:
    case Primitive::kUrl:
    case Primitive::kCanonical:
      return has_no_space(text);
    case Primitive::kOid:
      return is_oid(text);
    case Primitive::kUuid:
      return is_uuid(text);
    case Primitive::kDate:
      return is_date(text);
    case Primitive::kDateTime:
      return is_date_time(text);
    case Primitive::kInstant:
      return is_instant(text);
    case Primitive::kTime:
      return is_time(text);
    case Primitive::kInteger:
      return is_integer(text, INT32_MIN);
    case Primitive::kUnsignedInt:
      return is_integer(text, 0);
    case Primitive::kPositiveInt:
      return is_integer(text, 1);
    case Primitive::kDecimal:
      return is_decimal(text);
    case Primitive::kBase64Binary:
      return is_base64(text);
    case Primitive::kXhtml:
      return !find_narrative_fault(text).has_value();
    case Primitive::kNone:
      break;
  }
  return false;
}

std::string_view describe(Primitive type) {
  switch (type) {
    case Primitive::kBoolean:
      return "a boolean: true or false without quotes";
    case Primitive::kString:
      return "a string with something other than white space in it and no "
             "control characters";
    case Primitive::kMarkdown:
      return "markdown with something other than white space in it and no "
             "control characters";
    case Primitive::kCode:
      return "a code: no white space at the ends, no two white spaces in a row";
    case Primitive::kId:
      return "an id: 1 to 64 of A-Z, a-z, 0-9, '-' and '.'";
    case Primitive::kUri:
      return "a uri without white space";
    case Primitive::kUrl:
      return "a url without white space";
    case Primitive::kCanonical:
      return "a canonical url without white space";
    case Primitive::kOid:
      return "an oid: urn:oid: and numbers with dots between them";
    case Primitive::kUuid:
      return "a uuid: urn:uuid: and a UUID in lower case";
    case Primitive::kDate:
      return "a date that exists: YYYY, YYYY-MM or YYYY-MM-DD";
    case Primitive::kDateTime:
      return "a dateTime that exists: YYYY, YYYY-MM, YYYY-MM-DD or "
             "YYYY-MM-DDThh:mm:ss with Z or an offset such as +02:00";
    case Primitive::kInstant:
      return "an instant that exists: YYYY-MM-DDThh:mm:ss with Z or an "
             "offset such as +02:00";
    case Primitive::kTime:
      return "a time: hh:mm:ss, from 00:00:00, without an offset";
    case Primitive::kInteger:
      return "an integer: a number from -2147483648 to 2147483647 without "
             "fraction or exponent";
    case Primitive::kUnsignedInt:
      return "an unsignedInt: a number from 0 to 2147483647 without "
             "fraction or exponent";
    case Primitive::kPositiveInt:
      return "a positiveInt: a number from 1 to 2147483647 without "
             "fraction or exponent";
    case Primitive::kDecimal:
      return "a decimal: a number without quotes";
    case Primitive::kBase64Binary:
      return "base64 with its padding";
    case Primitive::kXhtml:
      return "an XHTML div";
    case Primitive::kNone:
      break;
  }
  return "a value of a primitive type";
}

}  // namespace kap::fhir::validate

#include "fhir/path/unicode.h"

#include <clocale>
#include <cwctype>

namespace kap::fhir::path {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

template <class Ascii, class Wide>
std::string mapped(std::string_view text, Ascii ascii, Wide wide) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out += ascii(text[at++]);
      continue;
    }
    const char32_t c = next_code_point(text, at);
    const locale_t locale = unicode_locale();
    append_code_point(
        out, locale == nullptr ? c : static_cast<char32_t>(wide(static_cast<wint_t>(c), locale)));
  }
  return out;
}

}  // namespace

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_continuation(c) ? 0 : 1;
  return count;
}

std::size_t offset_of(std::string_view text, std::size_t code_point) {
  std::size_t at = 0;
  while (at < text.size() && code_point > 0) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
    --code_point;
  }
  return at;
}

char32_t next_code_point(std::string_view text, std::size_t& offset) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(offset++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : (first >= 0xE0 ? 2 : (first >= 0xC0 ? 1 : -1));
  if (more < 0) return 0xFFFD;
  char32_t out = first & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    if (offset >= text.size() || !is_continuation(text[offset])) return 0xFFFD;
    out = (out << 6U) | (byte(offset++) & 0x3FU);
  }
  return out;
}

void append_code_point(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | (c >> 6U));
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3FU));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

std::string to_lower(std::string_view text) {
  return mapped(
      text, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; },
      [](wint_t c, locale_t locale) { return towlower_l(c, locale); });
}

std::string to_upper(std::string_view text) {
  return mapped(
      text, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; },
      [](wint_t c, locale_t locale) { return towupper_l(c, locale); });
}

}  // namespace kap::fhir::path

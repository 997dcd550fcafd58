#include <string>
#include <string_view>

#include "fhir/path/unicode.h"
#include "fhir/search/index_entry.h"

namespace kap::fhir::search {
namespace {

struct Letters {
  char32_t first;
  char32_t last;
  std::string_view plain;
};

/// Lower-case letters of the Latin blocks and what is left of them without their marks.
constexpr Letters kLatin[] = {
    {0xDF, 0xDF, "ss"},    {0xE0, 0xE5, "a"},     {0xE6, 0xE6, "ae"},    {0xE7, 0xE7, "c"},
    {0xE8, 0xEB, "e"},     {0xEC, 0xEF, "i"},     {0xF0, 0xF0, "d"},     {0xF1, 0xF1, "n"},
    {0xF2, 0xF6, "o"},     {0xF8, 0xF8, "o"},     {0xF9, 0xFC, "u"},     {0xFD, 0xFD, "y"},
    {0xFE, 0xFE, "th"},    {0xFF, 0xFF, "y"},     {0x100, 0x105, "a"},   {0x106, 0x10D, "c"},
    {0x10E, 0x111, "d"},   {0x112, 0x11B, "e"},   {0x11C, 0x123, "g"},   {0x124, 0x127, "h"},
    {0x128, 0x131, "i"},   {0x132, 0x133, "ij"},  {0x134, 0x135, "j"},   {0x136, 0x138, "k"},
    {0x139, 0x142, "l"},   {0x143, 0x14B, "n"},   {0x14C, 0x151, "o"},   {0x152, 0x153, "oe"},
    {0x154, 0x159, "r"},   {0x15A, 0x161, "s"},   {0x162, 0x167, "t"},   {0x168, 0x173, "u"},
    {0x174, 0x175, "w"},   {0x176, 0x178, "y"},   {0x179, 0x17E, "z"},   {0x17F, 0x17F, "s"},
    {0x1A0, 0x1A1, "o"},   {0x1AF, 0x1B0, "u"},   {0x1CD, 0x1CE, "a"},   {0x1CF, 0x1D0, "i"},
    {0x1D1, 0x1D2, "o"},   {0x1D3, 0x1DC, "u"},   {0x218, 0x219, "s"},   {0x21A, 0x21B, "t"},
    {0x1E02, 0x1E07, "b"}, {0x1E0A, 0x1E13, "d"}, {0x1E14, 0x1E1D, "e"}, {0x1E22, 0x1E2B, "h"},
    {0x1E30, 0x1E35, "k"}, {0x1E36, 0x1E3D, "l"}, {0x1E3E, 0x1E43, "m"}, {0x1E44, 0x1E4B, "n"},
    {0x1E58, 0x1E5F, "r"}, {0x1E60, 0x1E69, "s"}, {0x1E6A, 0x1E71, "t"}, {0x1E80, 0x1E89, "w"},
    {0x1E90, 0x1E95, "z"}, {0x1EA0, 0x1EB7, "a"}, {0x1EB8, 0x1EC7, "e"}, {0x1EC8, 0x1ECB, "i"},
    {0x1ECC, 0x1EE3, "o"}, {0x1EE4, 0x1EF1, "u"}, {0x1EF2, 0x1EF9, "y"},
};

bool is_combining(char32_t c) { return c >= 0x300 && c <= 0x36F; }
bool is_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x202F || c == 0x3000;
}

void append_plain(std::string& out, char32_t c) {
  for (const Letters& letters : kLatin) {
    if (c < letters.first || c > letters.last) continue;
    out += letters.plain;
    return;
  }
  path::append_code_point(out, c);
}

/// What most texts are needs no tables.
bool normalize_ascii(std::string_view text, std::string& out) {
  bool space = false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    if (is_space(static_cast<char32_t>(c))) {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return true;
}

}  // namespace

std::string normalize(std::string_view text) {
  std::string ascii;
  ascii.reserve(text.size());
  if (normalize_ascii(text, ascii)) return ascii;
  const std::string lower = path::to_lower(text);
  std::string out;
  out.reserve(lower.size());
  bool space = false;
  for (std::size_t at = 0; at < lower.size();) {
    const char32_t c = path::next_code_point(lower, at);
    if (is_space(c)) {
      space = !out.empty();
      continue;
    }
    if (is_combining(c)) continue;
    if (space) out += ' ';
    space = false;
    if (c < 0x80)
      out += static_cast<char>(c);
    else
      append_plain(out, c);
  }
  return out;
}

}  // namespace kap::fhir::search

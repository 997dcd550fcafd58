#include "fhir/patch/json_pointer.h"

#include <algorithm>
#include <charconv>

namespace kap::fhir::patch {
namespace {

constexpr std::size_t kIndexDigits = 9;
constexpr std::size_t kShownNameBytes = 40;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The token with its escapes resolved: `~1` first would turn `~01` into a slash.
std::optional<std::string> unescape(std::string_view token) {
  std::string out;
  out.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    const std::string_view escape = token.substr(i, 2);
    if (escape != "~0" && escape != "~1") return std::nullopt;
    out += escape == "~0" ? '~' : '/';
    ++i;
  }
  return out;
}

bool is_showable(std::string_view token) {
  if (token == "-" || parse_array_index(token).has_value()) return true;
  if (token.starts_with('_')) token.remove_prefix(1);
  return !token.empty() && token.size() <= kShownNameBytes && is_letter(token.front()) &&
         std::ranges::all_of(token, [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

std::optional<JsonPointer> JsonPointer::parse(std::string_view text) {
  JsonPointer out;
  if (text.empty()) return out;
  if (text.front() != '/') return std::nullopt;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    auto token = unescape(text.substr(0, end));
    if (!token.has_value()) return std::nullopt;
    out.tokens.push_back(*std::move(token));
    text.remove_prefix(end);
  }
  return out;
}

bool JsonPointer::is_proper_prefix_of(const JsonPointer& other) const {
  return tokens.size() < other.tokens.size() &&
         std::equal(tokens.begin(), tokens.end(), other.tokens.begin());
}

std::optional<std::size_t> parse_array_index(std::string_view token) {
  if (token.empty() || token.size() > kIndexDigits) return std::nullopt;
  if (!std::ranges::all_of(token, is_digit)) return std::nullopt;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  std::size_t index = 0;
  std::from_chars(token.data(), token.data() + token.size(), index);
  return index;
}

std::string to_shown(const JsonPointer& pointer, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < std::min(count, pointer.tokens.size()); ++i) {
    out += '/';
    out += is_showable(pointer.tokens[i]) ? std::string_view(pointer.tokens[i]) : "…";
  }
  return out.empty() ? "the document" : '\'' + out + '\'';
}

}  // namespace kap::fhir::patch

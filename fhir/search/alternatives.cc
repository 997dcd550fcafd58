#include "fhir/search/alternatives.h"

#include <vector>

#include "fhir/definitions/types.h"

namespace kap::fhir::search {
namespace {

/// The parts between `|` outside of brackets and quotes.
std::vector<std::string_view> split_union(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') quoted = !quoted;
    if (quoted) continue;
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c != '|' || depth != 0) continue;
    out.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  out.push_back(text.substr(begin));
  return out;
}

/// The identifier an alternative begins with: `Patient` of `(Patient.name as HumanName)`.
std::string_view head_of(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" (\t\r\n");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  return text.substr(0, text.find_first_of(". )[("));
}

}  // namespace

std::string alternatives_for(std::string_view expression, std::string_view type) {
  const auto* wanted = definitions::find_resource_type(type);
  std::string out;
  for (const std::string_view part : split_union(expression)) {
    const std::string_view head = head_of(part);
    if (head.empty()) continue;
    const auto* named = definitions::find_type(head);
    const bool fits = named == nullptr || (wanted != nullptr && definitions::is_a(*wanted, *named));
    if (!fits) continue;
    if (!out.empty()) out += " | ";
    out += part;
  }
  return out;
}

}  // namespace kap::fhir::search

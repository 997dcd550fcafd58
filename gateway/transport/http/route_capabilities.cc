#include "gateway/transport/http/route_capabilities.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace kap::gateway::transport::http {
namespace {

constexpr std::string_view kBase = "/fhir/";
constexpr std::array<std::string_view, 4> kSystemInteractions{"transaction", "batch",
                                                              "search-system", "history-system"};

/// A row may have two: batch and transaction.
bool is_of_system(std::string_view capability) {
  return std::ranges::any_of(kSystemInteractions,
                             [&](std::string_view code) { return capability.contains(code); });
}

/// The pattern's type: `{type}`, a literal one, or empty.
std::string_view type_of(std::string_view pattern) {
  if (!pattern.starts_with(kBase)) return {};
  const auto segment = pattern.substr(kBase.size(), pattern.find('/', kBase.size()) - kBase.size());
  const bool is_type =
      segment == "{type}" || (!segment.empty() && segment[0] >= 'A' && segment[0] <= 'Z');
  return is_type ? segment : std::string_view{};
}

/// The segments of a path that fits the pattern for that type.
std::vector<std::string> segments_for(std::string_view pattern, std::string_view type) {
  std::vector<std::string> segments;
  for (std::string_view rest = pattern.substr(1); !rest.empty();) {
    const auto part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    segments.emplace_back(part == "{type}" ? type : part.starts_with('{') ? "1" : part);
  }
  return segments;
}

class Walk {
 public:
  explicit Walk(const RouteTable& table) : table_(table) {}

  service::TypeCapabilities of(std::string_view type) const {
    service::TypeCapabilities out{.type = type};
    for (const Route& row : table_) {
      const auto own = type_of(row.pattern);
      if (own.empty() || (own != "{type}" && own != type) || row.capability.empty()) continue;
      if (is_of_system(row.capability) || out.has(row.capability)) continue;
      if (reaches(row, type)) out.interactions.push_back(row.capability);
    }
    // The conditional interactions have no codes: create takes its condition in a header, the
    // others are rows without an id.
    out.conditional_create = out.has("create");
    out.conditional_update = has_row(Method::kPut, type);
    out.conditional_delete = has_row(Method::kDelete, type);
    return out;
  }

 private:
  bool reaches(const Route& row, std::string_view type) const {
    const auto segments = segments_for(row.pattern, type);
    return match_route(table_, row.method, segments).route == &row;
  }
  bool has_row(Method method, std::string_view type) const {
    const std::vector<std::string> segments{"fhir", std::string(type)};
    return match_route(table_, method, segments).route != nullptr;
  }

  const RouteTable& table_;
};

}  // namespace

std::vector<service::TypeCapabilities> type_capabilities(const RouteTable& table,
                                                         std::span<const std::string_view> types) {
  const Walk walk(table);
  const auto has_own_rows = [&table](std::string_view type) {
    return std::ranges::any_of(table,
                               [type](const Route& row) { return type_of(row.pattern) == type; });
  };
  std::vector<service::TypeCapabilities> out;
  std::optional<service::TypeCapabilities> common;  // of the types without rows of their own
  for (const auto type : types) {
    if (has_own_rows(type)) {
      out.push_back(walk.of(type));
      continue;
    }
    if (!common) common = walk.of(type);
    out.push_back(*common);
    out.back().type = type;
  }
  std::erase_if(out, [](const auto& type) { return type.interactions.empty(); });
  return out;
}

std::vector<std::string_view> system_capabilities(const RouteTable& table) {
  std::vector<std::string_view> codes;
  for (const auto code : kSystemInteractions)
    if (std::ranges::any_of(table,
                            [code](const Route& row) { return row.capability.contains(code); }))
      codes.push_back(code);
  return codes;
}

std::vector<std::string_view> compartments(const RouteTable& table) {
  std::vector<std::string_view> codes;
  for (const Route& row : table) {
    const auto code = type_of(row.pattern);
    if (code.empty() || code == "{type}" || !row.pattern.ends_with("/{id}/{type}")) continue;
    if (std::ranges::find(codes, code) == codes.end()) codes.push_back(code);
  }
  return codes;
}

}  // namespace kap::gateway::transport::http

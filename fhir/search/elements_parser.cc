#include "fhir/search/elements_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "fhir/definitions/types.h"
#include "fhir/search/nearest.h"

namespace kap::fhir::search {
namespace {

/// `resourceType` is a member of every resource in JSON and clients name it, fhirpy among them.
bool has_element(std::string_view type, std::string_view name) {
  if (name == "resourceType") return true;
  const auto* definition = definitions::find_resource_type(type);
  return definition != nullptr && (definitions::find_element(*definition, name) != nullptr ||
                                   definitions::resolve_member(*definition, name) != nullptr);
}

Reason no_element(std::string_view type, std::string_view name) {
  std::vector<std::string_view> known;
  const auto* definition = definitions::find_resource_type(type);
  for (const auto& element : definition->elements) known.push_back(element.name);
  const auto close = nearest(name, known);
  return close.empty() ? fmt::format("{} has no element of that name; it has {}", type,
                                     fmt::join(known, ", "))
                       : fmt::format("{} has no element of that name; did you mean {}?", type,
                                     fmt::join(close, " or "));
}

}  // namespace

std::expected<std::vector<std::string>, Reason> parse_elements(
    std::span<const std::string_view> types, std::string_view value) {
  std::vector<std::string> out;
  for (const std::string_view part : split_escaped(value, ',')) {
    const std::size_t dot = part.find('.');
    const std::string_view name = dot == std::string_view::npos ? part : part.substr(dot + 1);
    if (name.empty())
      return std::unexpected(Reason("_elements takes names joined by commas: id,status"));
    if (name.contains('.'))
      return std::unexpected(Reason("_elements names elements of the resource itself, none below"));
    if (dot != std::string_view::npos) {
      const std::string_view type = part.substr(0, dot);
      if (definitions::find_resource_type(type) == nullptr)
        return std::unexpected(Reason("before the dot stands a resource type: Patient.name"));
      if (!has_element(type, name)) return std::unexpected(no_element(type, name));
    } else if (std::ranges::none_of(types, [&](auto type) { return has_element(type, name); })) {
      return std::unexpected(no_element(types.front(), name));
    }
    out.emplace_back(part);
  }
  return out;
}

}  // namespace kap::fhir::search

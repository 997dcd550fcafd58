#include "fhir/search/include_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/search/nearest.h"

namespace kap::fhir::search {
namespace {

using definitions::SearchParameterDef;
using definitions::SearchType;

std::unexpected<Refusal> malformed(Reason reason) {
  return std::unexpected(Refusal{.kind = Refusal::Kind::kMalformed, .reason = std::move(reason)});
}

bool points_to(const SearchParameterDef& parameter, std::string_view type) {
  return parameter.targets.empty() ||
         std::ranges::find(parameter.targets, type) != parameter.targets.end();
}

std::expected<const SearchParameterDef*, Refusal> find_reference(std::string_view source,
                                                                 std::string_view code) {
  const SearchParameterDef* parameter = find_searchable(source, code);
  if (parameter != nullptr && parameter->type == SearchType::kReference) return parameter;
  std::vector<std::string_view> known;
  for (const SearchParameterDef* candidate : definitions::search_parameters(source))
    if (candidate->type == SearchType::kReference) known.push_back(candidate->code);
  const auto close = nearest(code, known);
  return malformed(fmt::format("{} has no reference parameter of that name; {} {}", source,
                               close.empty() ? "it has" : "did you mean",
                               close.empty() ? fmt::format("{}", fmt::join(known, ", "))
                                             : fmt::format("{}?", fmt::join(close, " or "))));
}

}  // namespace

std::expected<Include, Refusal> parse_include(std::span<const std::string_view> types,
                                              Include::Direction direction,
                                              Include::Iterate iterate, std::string_view value) {
  Include out;
  out.direction = direction;
  out.iterate = iterate;
  const bool forward = direction == Include::Direction::kInclude;
  if (value == "*") return out;
  std::vector<std::string_view> parts;
  for (std::size_t colon; (colon = value.find(':')) != std::string_view::npos;) {
    parts.push_back(value.substr(0, colon));
    value.remove_prefix(colon + 1);
  }
  parts.push_back(value);
  if (parts.size() < 2 || parts.size() > 3)
    return malformed("written Type:parameter or Type:parameter:TargetType");
  if (definitions::find_resource_type(parts[0]) == nullptr)
    return malformed("the first part names a resource type, such as Observation");
  const bool once = iterate == Include::Iterate::kOnce;
  if (forward && once && std::ranges::find(types, parts[0]) == types.end())
    return malformed(
        fmt::format("this search finds {}; _include starts with that type, or is "
                    "written _include:iterate",
                    fmt::join(types, ", ")));
  out.source = std::string(parts[0]);
  if (parts[1] != "*") {
    auto parameter = find_reference(parts[0], parts[1]);
    if (!parameter) return std::unexpected(std::move(parameter).error());
    out.parameter = *parameter;
    const bool points = std::ranges::any_of(
        types, [&](std::string_view type) { return points_to(*out.parameter, type); });
    if (!forward && once && !points)
      return malformed(fmt::format("that parameter points to {}, not to {}",
                                   fmt::join(out.parameter->targets, ", "),
                                   fmt::join(types, ", ")));
  }
  if (parts.size() == 3) {
    if (definitions::find_resource_type(parts[2]) == nullptr ||
        (out.parameter != nullptr && !points_to(*out.parameter, parts[2])))
      return malformed("the third part names a type that the parameter points to");
    out.target = std::string(parts[2]);
  }
  return out;
}

}  // namespace kap::fhir::search

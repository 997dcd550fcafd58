#include "fhir/search/compartment.h"

#include <utility>

#include "fhir/definitions/compartments.h"
#include "fhir/search/criterion_parser.h"

namespace kap::fhir::search {
namespace {

constexpr std::string_view kItself = "{def}";

std::optional<Criterion> pointing_to(const Compartment& compartment, std::string_view type,
                                     std::string_view code) {
  const bool itself = code == kItself;
  const auto* parameter = find_searchable(type, itself ? "_id" : code);
  if (parameter == nullptr) return std::nullopt;
  Criterion out;
  out.parameter = parameter;
  if (itself)
    out.values.emplace_back(TokenValue{.system = {}, .code = compartment.id});
  else
    out.values.emplace_back(
        ReferenceValue{.type = compartment.code, .id = compartment.id, .url = {}, .version = {}});
  return out;
}

}  // namespace

std::optional<Criterion> in_compartment(const Compartment& compartment, std::string_view type) {
  Criterion out;
  out.direction = Criterion::Direction::kAnyOf;
  for (const std::string_view code : definitions::compartment_parameters(compartment.code, type))
    if (auto criterion = pointing_to(compartment, type, code))
      out.any_of.push_back(std::move(*criterion));
  if (out.any_of.empty()) return std::nullopt;
  out.parameter = out.any_of.front().parameter;
  return out;
}

}  // namespace kap::fhir::search

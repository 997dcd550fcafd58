#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kap::fhir::definitions {

/// http://hl7.org/fhir/R4/valueset-search-param-type.html
enum class SearchType : std::uint8_t {
  kNumber,
  kDate,
  kString,
  kToken,
  kReference,
  kComposite,
  kQuantity,
  kUri,
  kSpecial,
};

[[nodiscard]] std::string_view to_code(SearchType type);

struct SearchParameterDef;

struct SearchComponentDef {
  const SearchParameterDef* parameter = nullptr;
  std::string_view expression;  // FHIRPath, relative to what the composite's expression yields
};

/// A SearchParameter of the R4 core package, http://hl7.org/fhir/R4/searchparameter-registry.html.
struct SearchParameterDef {
  std::string_view code;
  std::string_view url;
  std::string_view expression;  // empty: _text, _content, _filter, _query and two extensions
  std::span<const std::string_view> bases;
  std::span<const std::string_view> targets;  // of a reference; empty when any
  std::span<const SearchComponentDef> components;
  std::uint16_t id = 0;  // place in all_search_parameters(); written in the data, never reused
  SearchType type = SearchType::kString;
};

/// In the order of their ids.
[[nodiscard]] std::span<const SearchParameterDef> all_search_parameters();
/// Those of a resource type in the order of their codes, what Resource and DomainResource give it
/// (`_id`, `_lastUpdated`, `_tag`, ...) included; empty for an unknown type.
[[nodiscard]] std::span<const SearchParameterDef* const> search_parameters(
    std::string_view resource_type);
[[nodiscard]] const SearchParameterDef* find_search_parameter(std::string_view resource_type,
                                                              std::string_view code);
[[nodiscard]] const SearchParameterDef* find_search_parameter_by_url(std::string_view url);

}  // namespace kap::fhir::definitions

#include "fhir/definitions/search_parameters.h"

#include <algorithm>
#include <array>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/table_reader.h"
#include "fhir/definitions/types.h"

KAP_EMBEDDED_DECLARE(r4_search_parameters);

namespace kap::fhir::definitions {
namespace {

using Parameters = std::vector<const SearchParameterDef*>;

constexpr std::array<std::string_view, 9> kTypeCodes = {
    "number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"};
constexpr auto kUrl = [](const SearchParameterDef& parameter) { return parameter.url; };
constexpr auto kCode = [](const SearchParameterDef* parameter) { return parameter->code; };

SearchType to_search_type(std::string_view text) {
  const auto* const found = std::ranges::find(kTypeCodes, text);
  if (found == kTypeCodes.end()) broken_table(text);
  return static_cast<SearchType>(found - kTypeCodes.begin());
}

class SearchTables {
 public:
  SearchTables() {
    parameters_.reserve(2048);
    std::vector<std::vector<Component>> components;
    for_each_row(KAP_EMBEDDED(r4_search_parameters), [&](std::string_view line) {
      const std::string_view first = take(line, '\t');
      if (first == "+") {
        const std::string_view url = take(line, '\t');
        components.back().push_back({.url = url, .expression = line});
      } else {
        read(first, line);
        components.emplace_back();
      }
    });
    slots_.resize(slots_for(parameters_.size()));
    index_names(std::span<const SearchParameterDef>(parameters_), std::span(slots_), kUrl);
    for (std::size_t i = 0; i < components.size(); ++i) link(parameters_[i], components[i]);
    index_types();
  }

  [[nodiscard]] std::span<const SearchParameterDef> all() const { return parameters_; }
  [[nodiscard]] const SearchParameterDef* find(std::string_view url) const {
    return find_name(all(), std::span<const std::uint16_t>(slots_), url, kUrl);
  }
  [[nodiscard]] std::span<const SearchParameterDef* const> of_type(const TypeDef* type) const {
    if (type == nullptr) return {};
    return by_type_[static_cast<std::size_t>(type - all_types().data())];
  }

 private:
  struct Component {
    std::string_view url;
    std::string_view expression;
  };

  void read(std::string_view id, std::string_view line) {
    SearchParameterDef parameter;
    parameter.id = static_cast<std::uint16_t>(to_number(id));
    if (parameter.id != parameters_.size()) broken_table(id);
    parameter.code = take(line, '\t');
    parameter.type = to_search_type(take(line, '\t'));
    parameter.bases = arena_.words(take(line, '\t'));
    parameter.targets = arena_.words(take(line, '\t'));
    parameter.url = take(line, '\t');
    parameter.expression = line;
    parameters_.push_back(parameter);
  }

  void link(SearchParameterDef& parameter, const std::vector<Component>& components) {
    const std::span<SearchComponentDef> linked =
        arena_.array<SearchComponentDef>(components.size());
    for (std::size_t i = 0; i < components.size(); ++i) {
      linked[i] = {.parameter = find(components[i].url), .expression = components[i].expression};
      if (linked[i].parameter == nullptr) broken_table(components[i].url);
    }
    parameter.components = linked;
  }

  void index_types() {
    const std::span<const TypeDef> types = all_types();
    std::vector<Parameters> own(types.size());
    for (const SearchParameterDef& parameter : parameters_) {
      for (const std::string_view base : parameter.bases) {
        const TypeDef* type = find_type(base);
        if (type == nullptr) broken_table(base);
        own[static_cast<std::size_t>(type - types.data())].push_back(&parameter);
      }
    }
    by_type_.resize(types.size());
    for (const TypeDef* type : resource_types()) {
      Parameters list;
      for (const TypeDef* at = type; at != nullptr; at = at->base) {
        const Parameters& of_base = own[static_cast<std::size_t>(at - types.data())];
        list.insert(list.end(), of_base.begin(), of_base.end());
      }
      std::ranges::sort(list, {}, kCode);
      by_type_[static_cast<std::size_t>(type - types.data())] = arena_.copy(list);
    }
  }

  Arena arena_;
  std::vector<SearchParameterDef> parameters_;
  std::vector<std::uint16_t> slots_;
  std::vector<std::span<const SearchParameterDef* const>> by_type_;  // by place in all_types()
};

const SearchTables& tables() {
  static const SearchTables instance;
  return instance;
}

}  // namespace

std::string_view to_code(SearchType type) { return kTypeCodes[static_cast<std::size_t>(type)]; }

std::span<const SearchParameterDef> all_search_parameters() { return tables().all(); }

std::span<const SearchParameterDef* const> search_parameters(std::string_view resource_type) {
  return tables().of_type(find_resource_type(resource_type));
}

const SearchParameterDef* find_search_parameter(std::string_view resource_type,
                                                std::string_view code) {
  const auto list = search_parameters(resource_type);
  const auto found = std::ranges::lower_bound(list, code, {}, kCode);
  return found != list.end() && (*found)->code == code ? *found : nullptr;
}

const SearchParameterDef* find_search_parameter_by_url(std::string_view url) {
  return tables().find(url);
}

}  // namespace kap::fhir::definitions

#include <cstdint>
#include <set>

#include "fhir/definitions/generator/expansion.h"
#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

/// Beyond it a value set is a terminology of its own; every required one of R4 stays below.
constexpr std::size_t kMaxCodes = 700;
constexpr std::string_view kMaxValueSet =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";

using Urls = std::set<std::string, std::less<>>;

enum class Which : std::uint8_t { kOfTypes, kAll };

/// The value sets that elements are bound to. Those only recommended are in because displays and
/// translations use them.
Urls bound_value_sets(const Package& package, Which which) {
  Urls urls;
  for (const json::Value* structure : package.resources("StructureDefinition")) {
    if (structure->find("snapshot") == nullptr) continue;
    if (which == Which::kOfTypes && !is_type_definition(*structure)) continue;
    for (const json::Value& element : structure->find("snapshot")->find("element")->items()) {
      const json::Value* binding = element.find("binding");
      if (binding == nullptr) continue;
      if (binding->string("strength") != "example") {
        urls.emplace(without_version(binding->string("valueSet")));
      }
      const json::Value* extensions = binding->find("extension");
      if (which == Which::kOfTypes || extensions == nullptr) continue;
      for (const json::Value& extension : extensions->items()) {
        if (extension.string("url") != kMaxValueSet) continue;
        urls.emplace(without_version(extension.string("valueCanonical")));
        urls.emplace(without_version(extension.string("valueUri")));
      }
    }
  }
  urls.erase("");
  return urls;
}

void add_head(const Package& package, std::string_view url, std::string& table) {
  const json::Value* value_set = package.find("ValueSet", url);
  table.append("V\t").append(url).append("\t");
  table.append(value_set == nullptr ? "" : value_set->string("version")).append("\n");
}

void add_codes(const Expansion& codes, std::string& table) {
  std::string_view system;
  for (const ExpandedCode& code : codes) {
    if (code.system != system) table.append("S\t").append(code.system).append("\n");
    system = code.system;
    table.append("\t").append(code.code).append("\t").append(to_cell(code.display)).append("\n");
  }
}

/// In the table of value sets of the core package, with all its codes.
bool is_in_core_table(const Urls& of_types, const Package& core, const std::string& url) {
  if (!of_types.contains(url)) return false;
  const auto expansion = expand(core, url);
  return expansion && expansion->size() <= kMaxCodes;
}

}  // namespace

std::string value_sets_table(const Package& core) {
  std::string table = table_head(
      core,
      "V, url, version; then its codes: S, system for those that follow; empty, code, display");
  for (const std::string& url : bound_value_sets(core, Which::kOfTypes)) {
    const auto expansion = expand(core, url);
    if (!expansion || expansion->size() > kMaxCodes) continue;
    add_head(core, url, table);
    add_codes(*expansion, table);
  }
  return table;
}

std::string open_value_sets_table(const Package& core, const Package& package) {
  std::string table = table_head(
      package,
      "V, url, version; then O, a system of which any code may be in it (* for every system), and\n"
      "# its codes: S, system for those that follow; empty, code, display");
  const Urls of_types = bound_value_sets(core, Which::kOfTypes);
  for (const std::string& url : bound_value_sets(package, Which::kAll)) {
    if (is_in_core_table(of_types, core, url)) continue;
    PartialExpansion expansion = expand_partly(package, url);
    if (expansion.codes.size() > kMaxCodes) {
      for (const ExpandedCode& code : expansion.codes) expansion.open_systems.insert(code.system);
      expansion.codes.clear();
    }
    if (expansion.any_system && expansion.codes.empty()) continue;  // nothing is known of it
    add_head(package, url, table);
    if (expansion.any_system) table.append("O\t*\n");
    for (const std::string& system : expansion.open_systems) {
      table.append("O\t").append(system).append("\n");
    }
    add_codes(expansion.codes, table);
  }
  return table;
}

}  // namespace kap::fhir::definitions::generator

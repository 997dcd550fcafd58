#include <map>
#include <set>

#include "fhir/definitions/generator/expansion.h"
#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

/// Beyond it a value set is a terminology of its own; every required one of R4 stays below.
constexpr std::size_t kMaxCodes = 700;

/// The value sets that the elements of the types are bound to. Those only recommended are in
/// because displays and translations use them.
std::set<std::string, std::less<>> bound_value_sets(const Package& core) {
  std::set<std::string, std::less<>> urls;
  for (const json::Value* structure : core.resources("StructureDefinition")) {
    if (!is_type_definition(*structure)) continue;
    for (const json::Value& element : structure->find("snapshot")->find("element")->items()) {
      const json::Value* binding = element.find("binding");
      if (binding == nullptr || binding->string("strength") == "example") continue;
      urls.emplace(without_version(binding->string("valueSet")));
    }
  }
  return urls;
}

}  // namespace

std::string value_sets_table(const Package& core) {
  std::string table = table_head(
      core,
      "V, url, version; then its codes: S, system for those that follow; empty, code, display");
  for (const std::string& url : bound_value_sets(core)) {
    const auto expansion = expand(core, url);
    if (!expansion || expansion->size() > kMaxCodes) continue;
    table.append("V\t").append(url).append("\t");
    table.append(core.find("ValueSet", url)->string("version")).append("\n");
    std::string_view system;
    for (const ExpandedCode& code : *expansion) {
      if (code.system != system) table.append("S\t").append(code.system).append("\n");
      system = code.system;
      table.append("\t").append(code.code).append("\t").append(to_cell(code.display)).append("\n");
    }
  }
  return table;
}

}  // namespace kap::fhir::definitions::generator

#include <charconv>

#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

std::string joined(const json::Value& object, std::string_view name) {
  std::string cell;
  const json::Value* list = object.find(name);
  if (list == nullptr) return cell;
  for (const json::Value& item : list->items()) {
    cell.append(cell.empty() ? "" : " ").append(item.text());
  }
  return cell;
}

/// The package spells `any` as a list of every resource type, some lists lacking one or two.
constexpr std::size_t kAnyTarget = 140;

std::string targets_cell(const json::Value& parameter) {
  const json::Value* targets = parameter.find("target");
  if (targets != nullptr && targets->items().size() >= kAnyTarget) return {};
  return joined(parameter, "target");
}

/// The package holds three parameters that only show how one is written, and ten without a base.
bool is_usable(const json::Value& parameter) {
  return parameter.find("base") != nullptr &&
         !last_segment(parameter.string("url")).starts_with("example");
}

}  // namespace

std::string search_parameters_table(const Package& core) {
  std::string table = table_head(
      core,
      "id, code, type, bases, targets, url, expression; of a composite, then for each component:\n"
      "# +, url, expression. Ids are stored in databases: a later package appends, none is "
      "reused.");
  unsigned id = 0;
  for (const json::Value* parameter : core.resources("SearchParameter")) {
    if (!is_usable(*parameter)) continue;
    table.append(std::to_string(id++));
    for (const std::string_view name : {"code", "type"}) {
      table.append("\t").append(parameter->string(name));
    }
    table.append("\t").append(joined(*parameter, "base"));
    table.append("\t").append(targets_cell(*parameter));
    table.append("\t").append(parameter->string("url"));
    table.append("\t").append(to_cell(parameter->string("expression"))).append("\n");
    const json::Value* components = parameter->find("component");
    if (components == nullptr) continue;
    for (const json::Value& component : components->items()) {
      table.append("+\t").append(component.string("definition")).append("\t");
      table.append(to_cell(component.string("expression"))).append("\n");
    }
  }
  return table;
}

std::string compartments_table(const Package& core) {
  std::string table =
      table_head(core, "C, code, url; then for each resource type in it: type, search parameters");
  for (const json::Value* compartment : core.resources("CompartmentDefinition")) {
    if (last_segment(compartment->string("url")) == "example") continue;
    table.append("C\t").append(compartment->string("code")).append("\t");
    table.append(compartment->string("url")).append("\n");
    for (const json::Value& resource : compartment->find("resource")->items()) {
      const std::string parameters = joined(resource, "param");
      if (parameters.empty()) continue;
      table.append(resource.string("code")).append("\t").append(parameters).append("\n");
    }
  }
  return table;
}

}  // namespace kap::fhir::definitions::generator

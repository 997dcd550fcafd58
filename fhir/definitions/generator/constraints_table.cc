#include <map>

#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

constexpr std::string_view kBestPractice =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice";

std::span<const json::Value> items(const json::Value& object, std::string_view name) {
  const json::Value* list = object.find(name);
  return list == nullptr ? std::span<const json::Value>() : list->items();
}

std::string_view level_of(const json::Value& constraint) {
  for (const json::Value& extension : items(constraint, "extension")) {
    const json::Value* holds = extension.find("valueBoolean");
    if (extension.string("url") == kBestPractice && holds != nullptr &&
        holds->kind() == json::Kind::kTrue) {
      return "best-practice";
    }
  }
  return constraint.string("severity");
}

/// The package's own expression, but for one that says another number than its text.
std::string expression_of(const json::Value& constraint) {
  if (constraint.string("key") == "que-12") {
    return "enableWhen.count() > 1 implies enableBehavior.exists()";
  }
  return to_cell(constraint.string("expression"));
}

/// An inherited constraint names the type that states it.
bool is_own(const json::Value& constraint, const json::Value& structure) {
  const std::string_view source = constraint.string("source");
  return source.empty() || source == structure.string("url");
}

}  // namespace

std::string constraint_row(std::string_view head, const json::Value& constraint) {
  std::string row(head);
  row.append("\t").append(constraint.string("key"));
  row.append("\t").append(level_of(constraint));
  row.append("\t").append(expression_of(constraint));
  row.append("\t").append(to_cell(constraint.string("human")));
  return row.append("\n");
}

std::string constraints_table(const Package& core) {
  std::map<std::string, std::string, std::less<>> rows;
  for (const json::Value* structure : core.resources("StructureDefinition")) {
    if (!is_type_definition(*structure)) continue;
    for (const json::Value& element : items(*structure->find("snapshot"), "element")) {
      const std::string_view path = element.string("path");
      for (const json::Value& constraint : items(element, "constraint")) {
        if (!is_own(constraint, *structure)) continue;
        rows[std::string(path)].append(constraint_row(path, constraint));
      }
    }
  }
  std::string table = table_head(
      core, "element, key, level (error, warning, best-practice), FHIRPath expression, human text");
  for (const auto& [path, text] : rows) table.append(text);
  return table;
}

}  // namespace kap::fhir::definitions::generator

#include <algorithm>
#include <map>
#include <vector>

#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

constexpr std::string_view kFhirTypeExtension =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
constexpr std::string_view kSystemTypes = "http://hl7.org/fhirpath/System.";

std::span<const json::Value> items(const json::Value& object, std::string_view name) {
  const json::Value* list = object.find(name);
  return list == nullptr ? std::span<const json::Value>() : list->items();
}

/// The package types ids and urls with a FHIRPath system type and states the FHIR type in an
/// extension, except for Resource.id, where it says `string` for what is an `id`.
std::string_view type_code(std::string_view path, const json::Value& type) {
  const std::string_view code = type.string("code");
  if (!code.starts_with(kSystemTypes)) return code;
  if (path == "Resource.id") return "id";
  for (const json::Value& extension : items(type, "extension")) {
    if (extension.string("url") == kFhirTypeExtension) return extension.string("valueUrl");
  }
  return "string";
}

/// `(Patient|Group)`; nothing where any resource type is allowed.
std::string targets_of(const json::Value& type) {
  std::string targets;
  for (const json::Value& target : items(type, "targetProfile")) {
    if (last_segment(target.text()) == "Resource") return {};
    targets.append(targets.empty() ? "(" : "|").append(last_segment(target.text()));
  }
  return targets.empty() ? targets : targets.append(")");
}

std::string types_cell(const json::Value& element) {
  const std::string_view path = element.string("path");
  if (const json::Value* reference = element.find("contentReference")) {
    return std::string(reference->text());
  }
  std::string cell;
  for (const json::Value& type : items(element, "type")) {
    if (!cell.empty()) cell.push_back(' ');
    cell.append(type_code(path, type));
    cell.append(targets_of(type));
    for (const json::Value& profile : items(type, "profile")) {
      cell.append("{").append(last_segment(profile.text())).append("}");
    }
  }
  return cell;
}

bool is_true(const json::Value& element, std::string_view name) {
  const json::Value* value = element.find(name);
  return value != nullptr && value->kind() == json::Kind::kTrue;
}

std::string element_row(const json::Value& element, std::string_view name) {
  std::string flags;
  if (name.ends_with("[x]")) flags.push_back('x');
  if (is_true(element, "isSummary")) flags.push_back('s');
  if (is_true(element, "isModifier")) flags.push_back('m');
  if (name.ends_with("[x]")) name.remove_suffix(3);
  std::string row(name);
  row.append("\t").append(element.find("min")->text());
  row.append("\t").append(element.string("max"));
  row.append("\t").append(flags);
  row.append("\t").append(types_cell(element)).append("\t");
  if (const json::Value* binding = element.find("binding")) {
    const std::string_view url = without_version(binding->string("valueSet"));
    if (!url.empty()) row.append(binding->string("strength")).append(" ").append(url);
  }
  return row.append("\n");
}

using Rows = std::map<std::string, std::string, std::less<>>;

/// Only what a type introduces itself: an inherited element says so in `base.path`.
bool is_own(const json::Value& element, std::string_view type) {
  const json::Value* base = element.find("base");
  if (base == nullptr) return true;
  const std::string_view path = base->string("path");
  return path.substr(0, path.find('.')) == type;
}

std::string head_row(std::string_view name, std::string_view kind, std::string_view base,
                     std::string_view flags, std::string_view url) {
  std::string row = "T\t";
  return row.append(name)
      .append("\t")
      .append(kind)
      .append("\t")
      .append(base)
      .append("\t")
      .append(flags)
      .append("\t")
      .append(url)
      .append("\n");
}

void add_type(const json::Value& structure, Rows& rows) {
  const std::string_view name = structure.string("type");
  std::string_view kind = structure.string("kind");
  kind = kind.substr(0, kind.find('-'));
  rows[std::string(name)] =
      head_row(name, kind, last_segment(structure.string("baseDefinition")),
               is_true(structure, "abstract") ? "abstract" : "", structure.string("url"));
  for (const json::Value& element : items(*structure.find("snapshot"), "element")) {
    const std::string_view path = element.string("path");
    const std::size_t dot = path.rfind('.');
    if (dot == std::string_view::npos || !is_own(element, name)) continue;
    if (kind == "primitive") continue;  // `value` is the JSON value itself
    const std::string_view owner = path.substr(0, dot);
    const auto row = rows.find(owner);
    row->second.append(element_row(element, path.substr(dot + 1)));
    const std::string_view types = element.find("type") == nullptr
                                       ? std::string_view()
                                       : element.find("type")->items().front().string("code");
    if (types == "BackboneElement" || (types == "Element" && owner != "Element")) {
      rows[std::string(path)] = head_row(path, "backbone", types, "", "");
    }
  }
}

}  // namespace

std::string types_table(const Package& core) {
  Rows rows;
  for (const json::Value* structure : core.resources("StructureDefinition")) {
    if (is_type_definition(*structure)) add_type(*structure, rows);
  }
  std::string table = table_head(
      core,
      "T, name, kind, base, flags, url; then a line for each element the type introduces itself:\n"
      "# name, min, max, flags (x choice, s summary, m modifier), types, binding");
  for (const auto& [name, text] : rows) table.append(text);
  return table;
}

}  // namespace kap::fhir::definitions::generator

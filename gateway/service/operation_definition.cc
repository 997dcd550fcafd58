// http://hl7.org/fhir/R4/operationdefinition.html
#include "fhir/json/print.h"
#include "fhir/json/value.h"
#include "gateway/service/definition_resources.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Document;
using fhir::json::Value;

Value parameters_of(Document& document, std::span<const OperationParameterDef> defs) {
  auto list = Document::array();
  for (const auto& def : defs) {
    auto item = Document::object();
    document.add(item, "name", document.string(def.name));
    document.add(item, "use", document.string(def.use == ParameterUse::kIn ? "in" : "out"));
    document.add(item, "min", document.number(std::int64_t{def.min}));
    document.add(
        item, "max",
        document.string(def.max == fhir::definitions::kUnbounded ? "*" : std::to_string(def.max)));
    if (!def.documentation.empty())
      document.add(item, "documentation", document.string(def.documentation));
    if (!def.parts.empty())
      document.add(item, "part", parameters_of(document, def.parts));
    else
      document.add(item, "type", document.string(def.type == "*" ? "Element" : def.type));
    document.append(list, item);
  }
  return list;
}

}  // namespace

std::string encode_operation_definition(const OperationDef& operation) {
  Document document;
  auto root = Document::object();
  const auto add = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) document.add(root, name, document.string(text));
  };
  add("resourceType", "OperationDefinition");
  add("id", operation.id);
  add("url", operation.canonical);
  add("version", operation.version);
  add("name", operation.name);
  add("title", operation.title);
  add("status", operation.status);
  add("kind", "operation");
  add("publisher", operation.publisher == Publisher::kHl7 ? "HL7 International" : "KAP Gateway");
  add("description", operation.description);
  document.add(root, "affectsState", Value(operation.effect == Effect::kAffectsState));
  add("code", operation.code);
  if (!operation.types.empty()) {
    auto types = Document::array();
    for (const auto type : operation.types) document.append(types, document.string(type));
    document.add(root, "resource", types);
  }
  document.add(root, "system", Value(operation.levels.system));
  document.add(root, "type", Value(operation.levels.type));
  document.add(root, "instance", Value(operation.levels.instance));
  if (!operation.parameters.empty())
    document.add(root, "parameter", parameters_of(document, operation.parameters));
  return fhir::json::to_text(root);
}

}  // namespace kap::gateway::service

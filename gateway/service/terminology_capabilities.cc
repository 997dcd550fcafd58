// http://hl7.org/fhir/R4/terminology-service.html
#include "gateway/service/terminology_capabilities.h"

#include <algorithm>

#include "fhir/json/print.h"
#include "fhir/json/value.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Document;
using fhir::json::Value;

const OperationDef* find_by_code(const ServerDescription& server, std::string_view code) {
  const auto found = std::ranges::find(server.operations, code, &OperationDef::code);
  return found == server.operations.end() ? nullptr : *found;
}

bool takes(const OperationDef& operation, std::string_view parameter) {
  return std::ranges::any_of(operation.parameters, [parameter](const OperationParameterDef& def) {
    return def.name == parameter && def.use == ParameterUse::kIn;
  });
}

Value expansion_of(Document& document, const OperationDef& expand) {
  auto expansion = Document::object();
  document.add(expansion, "hierarchical", Value(false));
  document.add(expansion, "paging", Value(takes(expand, "offset")));
  document.add(expansion, "incomplete", Value(false));
  auto parameters = Document::array();
  for (const auto& def : expand.parameters) {
    if (def.use != ParameterUse::kIn) continue;
    auto item = Document::object();
    document.add(item, "name", document.string(def.name));
    if (!def.documentation.empty())
      document.add(item, "documentation", document.string(def.documentation));
    document.append(parameters, item);
  }
  document.add(expansion, "parameter", parameters);
  return expansion;
}

void add_software(Document& document, Value& root, const ServerDescription& server) {
  auto software = Document::object();
  document.add(software, "name", document.string("KAP Gateway"));
  document.add(software, "version", document.string(server.software_version));
  document.add(root, "software", software);
  auto implementation = Document::object();
  document.add(implementation, "description",
               document.string("The terminology that the maps and the validation use"));
  document.add(implementation, "url", document.string(server.base_url));
  document.add(root, "implementation", implementation);
}

}  // namespace

std::string encode_terminology_capabilities(const ServerDescription& server) {
  Document document;
  auto root = Document::object();
  const auto add = [&](std::string_view name, std::string_view text) {
    document.add(root, name, document.string(text));
  };
  add("resourceType", "TerminologyCapabilities");
  add("url", server.base_url + "/metadata?mode=terminology");
  add("version", server.software_version);
  add("name", "KapGatewayTerminology");
  add("status", "active");
  add("date", to_fhir_instant(server.date));
  add("kind", "instance");
  add_software(document, root, server);
  auto systems = Document::array();
  for (const auto& uri : server.code_systems) {
    auto system = Document::object();
    document.add(system, "uri", document.string(uri));
    document.append(systems, system);
  }
  if (!systems.items().empty()) document.add(root, "codeSystem", systems);
  if (const auto* expand = find_by_code(server, "expand"))
    document.add(root, "expansion", expansion_of(document, *expand));
  if (find_by_code(server, "validate-code") != nullptr) {
    auto validate = Document::object();
    document.add(validate, "translations", Value(false));
    document.add(root, "validateCode", validate);
  }
  if (find_by_code(server, "translate") != nullptr) {
    auto translation = Document::object();
    document.add(translation, "needsMap", Value(true));
    document.add(root, "translation", translation);
  }
  return fhir::json::to_text(root);
}

}  // namespace kap::gateway::service

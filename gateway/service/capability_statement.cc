// http://hl7.org/fhir/R4/http.html#capabilities
#include "gateway/service/capability_statement.h"

#include <algorithm>

#include "fhir/definitions/profiles.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/json/print.h"
#include "fhir/json/value.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using json::Document;
using json::Value;

constexpr std::string_view kUsCore = "hl7.fhir.us.core";
constexpr std::string_view kOauthUris =
    "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

class Statement {
 public:
  explicit Statement(const ServerDescription& server) : server_(server) {}
  std::string encode();

 private:
  Value text(std::string_view value) { return document_.string(value); }
  void add(Value& object, std::string_view name, std::string_view value) {
    if (!value.empty()) document_.add(object, name, text(value));
  }
  Value one(Value item) {
    auto list = Document::array();
    document_.append(list, item);
    return list;
  }
  Value interactions(std::span<const std::string_view> codes);
  Value search_parameters_of(std::string_view type);
  Value profiles_of(std::string_view type);
  Value resource(std::string_view type);
  Value security();
  Value rest();

  const ServerDescription& server_;
  Document document_;
};

Value Statement::interactions(std::span<const std::string_view> codes) {
  auto list = Document::array();
  for (const auto code : codes) {
    auto item = Document::object();
    add(item, "code", code);
    document_.append(list, item);
  }
  return list;
}

/// Those the search engine answers: a composite or special parameter is not among them.
Value Statement::search_parameters_of(std::string_view type) {
  using fhir::definitions::SearchType;
  auto list = Document::array();
  for (const auto* parameter : fhir::definitions::search_parameters(type)) {
    if (parameter->expression.empty() || parameter->type == SearchType::kComposite ||
        parameter->type == SearchType::kSpecial)
      continue;
    auto item = Document::object();
    add(item, "name", parameter->code);
    add(item, "definition", parameter->url);
    add(item, "type", to_code(parameter->type));
    document_.append(list, item);
  }
  return list;
}

Value Statement::profiles_of(std::string_view type) {
  auto list = Document::array();
  for (const auto& profile : fhir::definitions::all_profiles())
    if (profile.type == type && profile.package.starts_with(kUsCore))
      document_.append(list, text(profile.url));
  return list;
}

Value Statement::resource(std::string_view type) {
  auto item = Document::object();
  add(item, "type", type);
  if (const auto profiles = profiles_of(type); !profiles.items().empty())
    document_.add(item, "supportedProfile", profiles);
  document_.add(item, "interaction", interactions(server_.type_interactions));
  add(item, "versioning", "versioned");
  document_.add(item, "readHistory", Value(true));
  document_.add(item, "updateCreate", Value(false));
  add(item, "conditionalRead", "full-support");
  if (const auto parameters = search_parameters_of(type); !parameters.items().empty())
    document_.add(item, "searchParam", parameters);
  return item;
}

Value Statement::security() {
  auto security = Document::object();
  auto coding = Document::object();
  add(coding, "system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
  add(coding, "code", "SMART-on-FHIR");
  auto service = Document::object();
  document_.add(service, "coding", one(coding));

  auto uris = Document::object();
  auto endpoints = Document::array();
  const std::pair<std::string_view, std::string_view> named[] = {
      {"token", server_.token_url},
      {"authorize", server_.authorize_url},
      {"introspect", server_.introspect_url},
      {"revoke", server_.revoke_url},
  };
  for (const auto& [name, url] : named) {
    if (url.empty()) continue;
    auto endpoint = Document::object();
    add(endpoint, "url", name);
    add(endpoint, "valueUri", url);
    document_.append(endpoints, endpoint);
  }
  document_.add(uris, "extension", endpoints);
  add(uris, "url", kOauthUris);
  document_.add(security, "extension", one(uris));
  document_.add(security, "service", one(service));
  return security;
}

Value Statement::rest() {
  auto rest = Document::object();
  add(rest, "mode", "server");
  document_.add(rest, "security", security());
  std::vector<std::string_view> types(server_.types.begin(), server_.types.end());
  std::ranges::sort(types);
  auto resources = Document::array();
  for (const auto type : types) document_.append(resources, resource(type));
  if (!types.empty()) document_.add(rest, "resource", resources);
  if (!server_.system_interactions.empty())
    document_.add(rest, "interaction", interactions(server_.system_interactions));
  return rest;
}

std::string Statement::encode() {
  auto root = Document::object();
  add(root, "resourceType", "CapabilityStatement");
  add(root, "url", server_.base_url + "/metadata");
  add(root, "version", server_.software_version);
  add(root, "name", "KapGateway");
  add(root, "status", "active");
  add(root, "date", to_fhir_instant(server_.date));
  add(root, "kind", "instance");
  auto software = Document::object();
  add(software, "name", "KAP Gateway");
  add(software, "version", server_.software_version);
  document_.add(root, "software", software);
  auto implementation = Document::object();
  add(implementation, "description", "Treatment records of ketamine clinics as FHIR R4");
  add(implementation, "url", server_.base_url);
  document_.add(root, "implementation", implementation);
  add(root, "fhirVersion", "4.0.1");
  auto formats = Document::array();
  for (const auto format : {"application/fhir+json", "json"})
    document_.append(formats, text(format));
  document_.add(root, "format", formats);
  document_.add(root, "rest", one(rest()));
  return json::to_text(root);
}

}  // namespace

std::string encode_capability_statement(const ServerDescription& server) {
  return Statement(server).encode();
}

}  // namespace kap::gateway::service

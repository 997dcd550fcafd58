// http://hl7.org/fhir/R4/http.html#capabilities
#include "gateway/service/capability_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/profiles.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/definitions/types.h"
#include "fhir/json/print.h"
#include "fhir/json/value.h"
#include "fhir/search/criterion_parser.h"

namespace kap::gateway::service {
namespace {

namespace definitions = fhir::definitions;
namespace json = fhir::json;
using json::Document;
using json::Value;

constexpr std::string_view kUsCore = "hl7.fhir.us.core";
constexpr std::string_view kOauthUris =
    "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
constexpr std::string_view kBulkData =
    "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data";
constexpr std::string_view kDefinitions = "http://hl7.org/fhir/StructureDefinition/";

using Parameters = std::vector<const definitions::SearchParameterDef*>;

/// Those that the search engine answers.
Parameters searchable(std::string_view type) {
  Parameters parameters;
  for (const auto* parameter : definitions::search_parameters(type))
    if (fhir::search::find_searchable(type, parameter->code) != nullptr)
      parameters.push_back(parameter);
  return parameters;
}

class Statement {
 public:
  Statement(const ServerDescription& server, StatementMode mode) : server_(server), mode_(mode) {}
  std::string encode();

 private:
  [[nodiscard]] bool is_full() const { return mode_ == StatementMode::kFull; }
  Value text(std::string_view value) { return document_.string(value); }
  void add(Value& object, std::string_view name, std::string_view value) {
    if (!value.empty()) document_.add(object, name, text(value));
  }
  void add_list(Value& object, std::string_view name, const Value& list) {
    if (!list.items().empty()) document_.add(object, name, list);
  }
  Value one(Value item) {
    auto list = Document::array();
    document_.append(list, item);
    return list;
  }
  void gather();
  Value interactions(std::span<const std::string_view> codes);
  Value search_parameters_of(std::string_view type);
  Value includes_of(std::string_view type);
  Value profiles_of(std::string_view type);
  Value operations_of(std::string_view type);
  void add_versions(Value& item, const TypeCapabilities& type);
  Value resource(const TypeCapabilities& type);
  Value oauth_uris();
  Value security();
  Value rest();

  const ServerDescription& server_;
  StatementMode mode_;
  Document document_;
  std::map<std::string_view, Parameters> searchable_;
  /// `Observation:subject` of each type that it may point to by name.
  std::map<std::string_view, std::vector<std::string>> pointing_;
};

void Statement::gather() {
  for (const auto& type : server_.types) {
    if (!type.has("search-type")) continue;
    auto& parameters = searchable_[type.type] = searchable(type.type);
    for (const auto* parameter : parameters)
      for (const auto target : parameter->targets)
        pointing_[target].push_back(fmt::format("{}:{}", type.type, parameter->code));
  }
}

Value Statement::interactions(std::span<const std::string_view> codes) {
  auto list = Document::array();
  for (const auto code : codes) {
    auto item = Document::object();
    add(item, "code", code);
    document_.append(list, item);
  }
  return list;
}

Value Statement::search_parameters_of(std::string_view type) {
  auto list = Document::array();
  for (const auto* parameter : searchable_[type]) {
    auto item = Document::object();
    add(item, "name", parameter->code);
    add(item, "definition", parameter->url);
    add(item, "type", to_code(parameter->type));
    document_.append(list, item);
  }
  return list;
}

Value Statement::includes_of(std::string_view type) {
  auto list = Document::array();
  for (const auto* parameter : searchable_[type])
    if (parameter->type == definitions::SearchType::kReference)
      document_.append(list, text(fmt::format("{}:{}", type, parameter->code)));
  return list;
}

Value Statement::profiles_of(std::string_view type) {
  auto list = Document::array();
  for (const auto& profile : definitions::all_profiles())
    if (profile.type == type && profile.package.starts_with(kUsCore))
      document_.append(list, text(profile.url));
  return list;
}

Value Statement::operations_of(std::string_view type) {
  auto list = Document::array();
  for (const auto* operation : server_.operations) {
    const auto& levels = operation->levels;
    const bool is_listed =
        type.empty() ? levels.system : (levels.type || levels.instance) && operation->is_for(type);
    if (!is_listed) continue;
    auto item = Document::object();
    add(item, "name", operation->code);
    add(item, "definition", operation->canonical);
    document_.append(list, item);
  }
  return list;
}

void Statement::add_versions(Value& item, const TypeCapabilities& type) {
  add(item, "versioning", type.has("update") ? "versioned-update" : "versioned");
  document_.add(item, "readHistory", Value(type.has("vread")));
  document_.add(item, "updateCreate", Value(type.has("update")));
  document_.add(item, "conditionalCreate", Value(type.conditional_create));
  if (type.has("read")) add(item, "conditionalRead", "full-support");
  document_.add(item, "conditionalUpdate", Value(type.conditional_update));
  add(item, "conditionalDelete", type.conditional_delete ? "single" : "not-supported");
  if (type.has("create")) {
    auto policies = Document::array();
    for (const auto policy : {"literal", "logical"}) document_.append(policies, text(policy));
    document_.add(item, "referencePolicy", policies);
  }
}

Value Statement::resource(const TypeCapabilities& type) {
  auto item = Document::object();
  add(item, "type", type.type);
  add(item, "profile", fmt::format("{}{}", kDefinitions, type.type));
  if (is_full()) add_list(item, "supportedProfile", profiles_of(type.type));
  document_.add(item, "interaction", interactions(type.interactions));
  if (is_full()) {
    add_versions(item, type);
    add_list(item, "searchInclude", includes_of(type.type));
    auto pointing = Document::array();
    for (const auto& parameter : pointing_[type.type]) document_.append(pointing, text(parameter));
    add_list(item, "searchRevInclude", pointing);
  }
  add_list(item, "searchParam", search_parameters_of(type.type));
  add_list(item, "operation", operations_of(type.type));
  return item;
}

Value Statement::oauth_uris() {
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
  return uris;
}

Value Statement::security() {
  auto security = Document::object();
  auto coding = Document::object();
  add(coding, "system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
  add(coding, "code", "SMART-on-FHIR");
  auto service = Document::object();
  document_.add(service, "coding", one(coding));

  // The extension demands an authorize URL; a server without one is found by its SMART
  // configuration alone.
  if (!server_.authorize_url.empty()) document_.add(security, "extension", one(oauth_uris()));
  document_.add(security, "service", one(service));
  return security;
}

Value Statement::rest() {
  auto rest = Document::object();
  add(rest, "mode", "server");
  if (is_full()) document_.add(rest, "security", security());
  auto types = server_.types;
  std::ranges::sort(types, {}, &TypeCapabilities::type);
  auto resources = Document::array();
  for (const auto& type : types) document_.append(resources, resource(type));
  add_list(rest, "resource", resources);
  add_list(rest, "interaction", interactions(server_.system_interactions));
  add_list(rest, "operation", operations_of(""));
  auto compartments = Document::array();
  for (const auto code : server_.compartments)
    if (const auto* compartment = definitions::find_compartment(code))
      document_.append(compartments, text(compartment->url));
  add_list(rest, "compartment", compartments);
  return rest;
}

std::string Statement::encode() {
  gather();
  auto root = Document::object();
  add(root, "resourceType", "CapabilityStatement");
  add(root, "url", server_.base_url + "/metadata");
  add(root, "version", server_.software_version);
  add(root, "name", "KapGateway");
  add(root, "status", "active");
  add(root, "date", to_fhir_instant(server_.date));
  add(root, "kind", "instance");
  if (std::ranges::any_of(server_.operations,
                          [](const auto* operation) { return operation->code == "export"; }))
    document_.add(root, "instantiates", one(text(kBulkData)));
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

bool TypeCapabilities::has(std::string_view interaction) const {
  return std::ranges::find(interactions, interaction) != interactions.end();
}

std::string encode_capability_statement(const ServerDescription& server, StatementMode mode) {
  return Statement(server, mode).encode();
}

}  // namespace kap::gateway::service

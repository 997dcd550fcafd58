#include "gateway/command/metadata.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/definitions/value_sets.h"
#include "gateway/service/capability_statement.h"
#include "gateway/service/terminology_capabilities.h"
#include "gateway/transport/http/route_capabilities.h"

namespace kap::gateway::command {

namespace http = transport::http;

namespace {

/// Those of the shipped CodeSystems, and those whose codes the shipped value sets name.
std::vector<std::string> code_systems_of(const fhir::terminology::Terminology& terminology) {
  std::set<std::string, std::less<>> systems;
  for (const auto* resource : terminology.resources())
    if (resource->string("resourceType") == "CodeSystem") systems.emplace(resource->string("url"));
  for (const auto& value_set : fhir::definitions::all_value_sets())
    for (const auto& code : value_set.codes)
      if (!systems.contains(code.system)) systems.emplace(code.system);
  systems.erase("");
  return {systems.begin(), systems.end()};
}

}  // namespace

http::Metadata make_metadata(const MetadataParts& parts) {
  // Every type can be written, so every type can be here.
  std::vector<std::string_view> types;
  for (const auto* type : fhir::definitions::resource_types()) types.push_back(type->name);
  const service::ServerDescription server{
      .base_url = parts.settings.fhir_base(),
      .software_version = KAP_VERSION,
      .date = parts.clock.now(),
      .types = http::type_capabilities(parts.routes, types),
      .system_interactions = http::system_capabilities(parts.routes),
      .compartments = http::compartments(parts.routes),
      .operations = parts.operations,
      .code_systems = code_systems_of(parts.terminology),
      .token_url = parts.settings.token_url(),
      .authorize_url = {},
      .introspect_url = {},
      .revoke_url = {}};
  using service::StatementMode;
  return {.full = encode_capability_statement(server, StatementMode::kFull),
          .normative = encode_capability_statement(server, StatementMode::kNormative),
          .terminology = encode_terminology_capabilities(server)};
}

}  // namespace kap::gateway::command

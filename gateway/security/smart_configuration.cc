#include "gateway/security/smart_configuration.h"

#include "fhir/json/print.h"

namespace kap::gateway::security {

std::string encode_smart_configuration(const SmartEndpoints& endpoints) {
  std::string json = "{\"token_endpoint\":";
  fhir::json::print_string(endpoints.token_url, json);
  json += ",\"jwks_uri\":";
  fhir::json::print_string(endpoints.jwks_url, json);
  // code_challenge_methods_supported is required by the specification even without user login.
  json += R"(,"grant_types_supported":["client_credentials"])"
          R"(,"token_endpoint_auth_methods_supported":["private_key_jwt"])"
          R"(,"token_endpoint_auth_signing_alg_values_supported":["RS384","ES384"])"
          R"(,"scopes_supported":["system/*.rs","system/*.r","system/*.s"])"
          R"(,"code_challenge_methods_supported":["S256"])"
          R"(,"capabilities":["client-confidential-asymmetric","permission-v2"]})";
  return json;
}

}  // namespace kap::gateway::security

#pragma once

#include <string>

#include "gateway/security/access_token.h"
#include "gateway/security/token_endpoint.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

struct AuthInteractions {
  const security::TokenEndpoint& tokens;
  const security::SigningKey& key;
  std::string smart_configuration;  // JSON
};

/// /auth/token, /auth/jwks and .well-known/smart-configuration (below /fhir and at the root).
/// `interactions` must outlive the rows.
[[nodiscard]] RouteTable auth_routes(const AuthInteractions& interactions);

}  // namespace kap::gateway::transport::http

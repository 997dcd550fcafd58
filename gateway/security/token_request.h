#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"

namespace kap::gateway::security {

struct TokenRequest {
  std::string token_url;
  std::string client_id;
  std::string private_jwk;   // JSON
  std::filesystem::path ca;  // PEM; the system's when empty
  std::string scope;
};

/// The client's side of SMART Backend Services: signs an assertion, posts it and gives the access
/// token. The error of a refusal quotes the server's error and error_description.
[[nodiscard]] Result<BearerToken> request_token(const TokenRequest& request, const Clock& clock);

/// The form body that request_token posts.
[[nodiscard]] Result<std::string> encode_token_request(const TokenRequest& request,
                                                       const Clock& clock);

}  // namespace kap::gateway::security

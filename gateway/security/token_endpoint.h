#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/strong.h"
#include "gateway/security/access_token.h"
#include "gateway/security/client_registry.h"

namespace kap::gateway::security {

/// RFC 6749 section 5.2 (and server_error, temporarily_unavailable of 4.1.2.1).
struct OAuthError {
  enum class Code : std::uint8_t {
    kInvalidRequest,
    kInvalidClient,
    kUnsupportedGrantType,
    kInvalidScope,
    kServerError,
    kTemporarilyUnavailable,
  };
  Code code = Code::kInvalidRequest;
  std::string description;
};
[[nodiscard]] std::string_view to_text(OAuthError::Code code);

struct TokenGrant {
  BearerToken access_token;
  std::chrono::seconds expires_in;
  std::string scope;
};
/// The JSON of RFC 6749 section 5.1.
[[nodiscard]] std::string to_json(const TokenGrant& grant);

struct TokenEndpointOptions {
  std::string issuer;     // of the tokens: public_url
  std::string audience;   // of the tokens: the FHIR base
  std::string token_url;  // what `aud` of an assertion must be, exactly
  std::chrono::seconds token_lifetime{300};
  std::chrono::seconds max_assertion_lifetime{300};
  std::chrono::seconds clock_skew{30};
  std::function<std::string()> new_id = {};  // of tokens; random when not set
};

/// SMART App Launch 2.2, Backend Services: client_credentials with a private_key_jwt assertion
/// (RFC 7523). Safe from every thread.
class TokenEndpoint {
 public:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  /// The references must outlive this.
  TokenEndpoint(TokenEndpointOptions options, const SigningKey& key, ClientRegistry& clients,
                const Clock& clock);

  /// `parameters` are those of the form, decoded.
  [[nodiscard]] std::expected<TokenGrant, OAuthError> grant(const Parameters& parameters) const;

 private:
  struct Form;
  [[nodiscard]] std::expected<Form, OAuthError> read_form(const Parameters& parameters) const;
  [[nodiscard]] std::expected<store::RegisteredClient, OAuthError> authenticate(
      const Form& form) const;
  [[nodiscard]] std::expected<TokenGrant, OAuthError> issue(const store::RegisteredClient& client,
                                                            const std::string& asked) const;

  TokenEndpointOptions options_;
  const SigningKey& key_;
  ClientRegistry& clients_;
  const Clock& clock_;
};

/// 128 random bits as base64url.
[[nodiscard]] std::string random_id();

}  // namespace kap::gateway::security

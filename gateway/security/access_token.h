#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/jwk.h"

namespace kap::gateway::security {

/// The P-384 key that signs access tokens. Its `kid` is the RFC 7638 thumbprint.
class SigningKey {
 public:
  [[nodiscard]] static Result<SigningKey> generate();
  /// Reads the PEM file, or makes the key and the file (mode 0600) at the first start. Refuses a
  /// file that others than its owner may read.
  [[nodiscard]] static Result<SigningKey> load_or_create(const std::filesystem::path& file);

  [[nodiscard]] const std::string& kid() const { return kid_; }
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  /// The JWK Set of /auth/jwks.
  [[nodiscard]] const std::string& jwks() const { return jwks_; }
  /// The compact JWS (ES384) over header and claims, both JSON text.
  [[nodiscard]] Result<std::string> sign(std::string_view header, std::string_view claims) const;

 private:
  [[nodiscard]] static Result<SigningKey> make(EvpKey key);

  std::string kid_;
  PublicKey public_key_;
  std::string jwks_;
};

/// What an access token says. RFC 9068.
struct AccessClaims {
  std::string issuer;
  std::string audience;
  ClientId client;
  std::string scope;
  std::string jti;
  std::chrono::sys_seconds issued;
  std::chrono::sys_seconds expires;
};

[[nodiscard]] Result<BearerToken> sign_access_token(const SigningKey& key,
                                                    const AccessClaims& claims);
/// Verifies signature, type and form; times, issuer and audience are the caller's to judge.
[[nodiscard]] Result<AccessClaims> verify_access_token(const SigningKey& key,
                                                       const BearerToken& token);

}  // namespace kap::gateway::security

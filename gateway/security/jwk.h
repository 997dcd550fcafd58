#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"

namespace kap::gateway::security {

/// Made with EVP_PKEY_free as its deleter.
using EvpKey = std::shared_ptr<EVP_PKEY>;

/// The signature algorithms SMART App Launch demands; there are no others here.
enum class Algorithm : std::uint8_t { kRs384, kEs384 };
[[nodiscard]] std::string_view to_text(Algorithm algorithm);

/// A public key of a JWK Set. Its type fixes the one algorithm it verifies.
struct PublicKey {
  std::string kid;
  Algorithm algorithm = Algorithm::kEs384;
  EvpKey key;
};

/// Parses a JWK Set (RFC 7517). Refused: a private or symmetric key, RSA below 2048 or above 8192
/// bits or with a small or even exponent, a curve other than P-384, a point that is not on it, a
/// key without `kid`, two keys of one `kid`, an `alg`, `use` or `key_ops` that does not fit, no
/// key.
[[nodiscard]] Result<std::vector<PublicKey>> parse_jwks(std::string_view json);

/// A private JWK for signing (RSA with all factors, or EC P-384), as a client holds it.
struct PrivateKey {
  std::string kid;
  Algorithm algorithm = Algorithm::kEs384;
  EvpKey key;
};
[[nodiscard]] Result<PrivateKey> parse_private_jwk(std::string_view json);

/// The public JWK of a key as JSON, members in the order kty, kid, alg, use, then the numbers.
[[nodiscard]] Result<std::string> to_public_jwk(EVP_PKEY* key, std::string_view kid);
/// RFC 7638, SHA-256, base64url.
[[nodiscard]] Result<std::string> thumbprint(EVP_PKEY* key);

}  // namespace kap::gateway::security

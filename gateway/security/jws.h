#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "gateway/security/jwk.h"

namespace kap::gateway::security {

/// A compact JWS whose form is in order and whose signature nobody has looked at yet.
struct Jws {
  Algorithm algorithm = Algorithm::kEs384;
  std::string kid;
  std::string type;  // `typ`, empty when absent
  std::string signing_input;
  std::string signature;
  fhir::json::Document claims;
};

/// Parses three base64url parts. The header's `alg` is RS384 or ES384, it has a `kid`, and it has
/// none of the members that bring or point to a key or change the meaning: `jwk`, `jku`, `x5c`,
/// `x5u`, `crit`, `b64`, `zip`, `enc`. The claims are one JSON object without duplicate names.
[[nodiscard]] Result<Jws> parse_jws(std::string_view compact);

/// Whether the key made the signature. False also when key and `alg` do not belong together.
[[nodiscard]] bool verify(const Jws& jws, const PublicKey& key);

/// Header and claims are JSON texts; the header must name `algorithm`.
[[nodiscard]] Result<std::string> sign_jws(std::string_view header, std::string_view claims,
                                           Algorithm algorithm, EVP_PKEY* key);

/// A NumericDate claim (RFC 7519 section 2) with its fraction cut off; nullopt when it is absent or
/// no number between 0 and the year 9999.
[[nodiscard]] std::optional<std::chrono::sys_seconds> to_time(const fhir::json::Value* claim);

}  // namespace kap::gateway::security

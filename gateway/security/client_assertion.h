#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/jws.h"

namespace kap::gateway::security {

struct AssertionRules {
  std::string_view token_url;  // the only `aud`
  std::chrono::seconds max_lifetime;
  std::chrono::seconds clock_skew;
  Instant now;
};

/// What a client assertion says, once its claims are in order.
struct AssertionClaims {
  ClientId client;
  std::string jti;
  std::chrono::sys_seconds expires;
};

/// Checks the claims of RFC 7523 section 3 as SMART narrows them: iss = sub, aud the token
/// endpoint's exact URL, exp at most five minutes ahead, nbf and iat not ahead, a jti. Says nothing
/// of the signature.
[[nodiscard]] Result<AssertionClaims> check_assertion(const Jws& jws, const AssertionRules& rules);

}  // namespace kap::gateway::security

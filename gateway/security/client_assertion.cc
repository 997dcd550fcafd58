#include "gateway/security/client_assertion.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kap::gateway::security {
namespace {

using fhir::json::Value;

constexpr std::size_t kMaxIdBytes = 255;

std::unexpected<Outcome> refuse(std::string why) {
  return fail(Category::kUnauthenticated, IssueType::kLogin, std::move(why));
}

bool names_token_url(const Value* audience, std::string_view token_url) {
  if (audience == nullptr) return false;
  if (audience->is_string()) return audience->text() == token_url;
  return audience->is_array() && audience->items().size() == 1 &&
         audience->items()[0].is_string() && audience->items()[0].text() == token_url;
}

/// Absent, or a time that has come.
bool has_come(const Value* claim, const AssertionRules& rules) {
  if (claim == nullptr) return true;
  const auto time = to_time(claim);
  return time && *time <= rules.now + rules.clock_skew;
}

}  // namespace

Result<AssertionClaims> check_assertion(const Jws& jws, const AssertionRules& rules) {
  const Value& claims = jws.claims.root;
  const std::string client(claims.string("iss"));
  if (client.empty() || client.size() > kMaxIdBytes || claims.string("sub") != client)
    return refuse("iss and sub of the assertion must both be the client id");
  if (!names_token_url(claims.find("aud"), rules.token_url))
    return refuse(fmt::format("aud of the assertion must be {}", rules.token_url));
  const auto expires = to_time(claims.find("exp"));
  if (!expires) return refuse("exp of the assertion must be seconds since 1970");
  if (rules.now >= *expires + rules.clock_skew) return refuse("the assertion has expired");
  if (*expires > rules.now + rules.max_lifetime + rules.clock_skew) {
    return refuse(
        fmt::format("exp of the assertion lies more than {} s ahead", rules.max_lifetime.count()));
  }
  if (!has_come(claims.find("nbf"), rules)) return refuse("nbf of the assertion lies ahead");
  if (!has_come(claims.find("iat"), rules)) return refuse("iat of the assertion lies ahead");
  const std::string jti(claims.string("jti"));
  if (jti.empty() || jti.size() > kMaxIdBytes)
    return refuse("jti of the assertion must be a text of 1 to 255 bytes that is new each time");
  return AssertionClaims{.client = ClientId(client), .jti = jti, .expires = *expires};
}

}  // namespace kap::gateway::security

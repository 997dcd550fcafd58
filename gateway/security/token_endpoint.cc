#include "gateway/security/token_endpoint.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "fhir/json/print.h"
#include "gateway/security/base64url.h"
#include "gateway/security/client_assertion.h"
#include "gateway/security/jws.h"
#include "gateway/security/scope_grant.h"

namespace kap::gateway::security {
namespace {

using Code = OAuthError::Code;

constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// One answer for a client that is not registered, a key it does not have and a signature that does
/// not hold: who is registered is nobody's business.
constexpr std::string_view kNotVerified =
    "the assertion does not verify with a registered key of that client";

std::unexpected<OAuthError> refuse(Code code, std::string_view why) {
  return std::unexpected(OAuthError{code, std::string(why)});
}

std::unexpected<OAuthError> refuse_for_store(const Outcome& outcome) {
  if (outcome.category() == Category::kUnavailable || outcome.category() == Category::kTimeout)
    return refuse(Code::kTemporarilyUnavailable, "try again shortly");
  return refuse(Code::kServerError, "the server could not look up the client");
}

/// Words of OpenID Connect and SMART launches that clients send by habit and that RFC 6749
/// section 3.3 lets us leave out of the grant.
bool is_ignored_word(std::string_view word) {
  static constexpr std::array<std::string_view, 8> kWords = {
      "openid",         "fhirUser",         "profile",        "launch",
      "launch/patient", "launch/encounter", "offline_access", "online_access"};
  return std::ranges::find(kWords, word) != kWords.end();
}

std::expected<std::vector<Scope>, OAuthError> parse_asked(std::string_view text) {
  std::vector<Scope> scopes;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (word.empty() || is_ignored_word(word)) continue;
    auto scope = parse_scope(word);
    if (!scope) return refuse(Code::kInvalidScope, scope.error().issues().front().diagnostics);
    if (!scope->query.empty())
      return refuse(Code::kInvalidScope,
                    "a scope with ?query is not supported; ask for the type as a whole");
    scopes.push_back(*std::move(scope));
  }
  return scopes;
}

}  // namespace

struct TokenEndpoint::Form {
  std::string assertion;
  std::string client_id;
  std::string scope;
};

std::string_view to_text(OAuthError::Code code) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "invalid_request", "invalid_client", "unsupported_grant_type",
      "invalid_scope",   "server_error",   "temporarily_unavailable"};
  return kNames[static_cast<std::size_t>(code)];
}

std::string to_json(const TokenGrant& grant) {
  std::string json = "{\"access_token\":";
  fhir::json::print_string(grant.access_token.text(), json);
  json +=
      fmt::format(R"(,"token_type":"bearer","expires_in":{},"scope":)", grant.expires_in.count());
  fhir::json::print_string(grant.scope, json);
  return json + '}';
}

std::string random_id() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("OpenSSL has no randomness");
  return encode_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

TokenEndpoint::TokenEndpoint(TokenEndpointOptions options, const SigningKey& key,
                             ClientRegistry& clients, const Clock& clock)
    : options_(std::move(options)), key_(key), clients_(clients), clock_(clock) {
  if (!options_.new_id) options_.new_id = &random_id;
}

std::expected<TokenEndpoint::Form, OAuthError> TokenEndpoint::read_form(
    const Parameters& parameters) const {
  const auto find = [&](std::string_view name) -> std::optional<std::string> {
    const auto at = std::ranges::find(parameters, name, &Parameters::value_type::first);
    if (at == parameters.end() || at->second.empty()) return std::nullopt;
    return at->second;
  };
  for (auto at = parameters.begin(); at != parameters.end(); ++at)
    if (std::ranges::find(at + 1, parameters.end(), at->first, &Parameters::value_type::first) !=
        parameters.end())
      return refuse(Code::kInvalidRequest, "a parameter stands more than once");
  const auto grant_type = find("grant_type");
  if (!grant_type) return refuse(Code::kInvalidRequest, "grant_type is missing");
  if (*grant_type != "client_credentials")
    return refuse(Code::kUnsupportedGrantType, "grant_type must be client_credentials");
  if (find("client_secret"))
    return refuse(Code::kInvalidRequest,
                  "clients authenticate with a signed assertion (private_key_jwt), not a secret");
  if (find("client_assertion_type") != std::optional<std::string>(kAssertionType))
    return refuse(Code::kInvalidRequest,
                  fmt::format("client_assertion_type must be {}", kAssertionType));
  const auto assertion = find("client_assertion");
  if (!assertion) return refuse(Code::kInvalidRequest, "client_assertion is missing");
  const auto scope = find("scope");
  if (!scope) return refuse(Code::kInvalidRequest, "scope is missing, e.g. system/*.rs");
  return Form{*assertion, find("client_id").value_or(""), *scope};
}

std::expected<store::RegisteredClient, OAuthError> TokenEndpoint::authenticate(
    const Form& form) const {
  const auto jws = parse_jws(form.assertion);
  if (!jws) return refuse(Code::kInvalidClient, jws.error().summary());
  const Instant now = clock_.now();
  const auto claims = check_assertion(*jws, {.token_url = options_.token_url,
                                             .max_lifetime = options_.max_assertion_lifetime,
                                             .clock_skew = options_.clock_skew,
                                             .now = now});
  if (!claims) return refuse(Code::kInvalidClient, claims.error().summary());
  if (!form.client_id.empty() && form.client_id != claims->client.text())
    return refuse(Code::kInvalidClient, "client_id is not the iss of the assertion");
  const auto client = clients_.find(claims->client);
  if (!client) return refuse_for_store(client.error());
  if (!*client) return refuse(Code::kInvalidClient, kNotVerified);
  const auto keys = parse_jwks((*client)->jwks);
  if (!keys) return refuse(Code::kServerError, "the registered keys of the client are unreadable");
  const auto key = std::ranges::find(*keys, jws->kid, &PublicKey::kid);
  if (key == keys->end() || !verify(*jws, *key)) return refuse(Code::kInvalidClient, kNotVerified);
  // Last, so that only the key's holder can spend a jti.
  const auto fresh = clients_.use_assertion(claims->client, claims->jti,
                                            claims->expires + options_.clock_skew, now);
  if (!fresh) return refuse_for_store(fresh.error());
  if (!*fresh)
    return refuse(Code::kInvalidClient, "this jti was used before; each assertion is for one use");
  return **client;
}

std::expected<TokenGrant, OAuthError> TokenEndpoint::issue(const store::RegisteredClient& client,
                                                           const std::string& asked) const {
  auto scopes = parse_asked(asked);
  if (!scopes) return std::unexpected(std::move(scopes).error());
  const auto registered = parse_scopes(client.scopes);
  if (!registered)
    return refuse(Code::kServerError, "the registered scopes of the client are unreadable");
  const std::vector<Scope> granted = intersect(*scopes, *registered);
  if (granted.empty())
    return refuse(Code::kInvalidScope, "none of the scopes asked for is registered for the client");
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
  TokenGrant grant{
      .access_token = {}, .expires_in = options_.token_lifetime, .scope = to_text(granted)};
  auto token = sign_access_token(key_, {.issuer = options_.issuer,
                                        .audience = options_.audience,
                                        .client = client.id,
                                        .scope = grant.scope,
                                        .jti = options_.new_id(),
                                        .issued = now,
                                        .expires = now + options_.token_lifetime});
  if (!token) return refuse(Code::kServerError, "the token could not be signed");
  grant.access_token = *std::move(token);
  return grant;
}

std::expected<TokenGrant, OAuthError> TokenEndpoint::grant(const Parameters& parameters) const {
  const auto form = read_form(parameters);
  if (!form) return std::unexpected(form.error());
  const auto client = authenticate(*form);
  if (!client) return std::unexpected(client.error());
  return issue(*client, form->scope);
}

}  // namespace kap::gateway::security

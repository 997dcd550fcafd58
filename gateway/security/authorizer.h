#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/access_token.h"
#include "gateway/security/client_registry.h"
#include "gateway/security/permit/permit.h"

namespace kap::gateway::security {

struct AuthorizerOptions {
  std::string issuer;    // `iss` of our access tokens: public_url
  std::string audience;  // `aud` of our access tokens: the FHIR base
  std::chrono::seconds clock_skew{30};
  std::chrono::seconds cache_lifetime{60};
};

/// Turns credentials into a Permit; the only maker of Permits. Safe from every thread.
class Authorizer {
 public:
  /// The references must outlive this.
  Authorizer(AuthorizerOptions options, const SigningKey& key, ClientRegistry& clients,
             const Clock& clock);
  ~Authorizer();

  /// The Permit of an access token this gateway issued (RFC 6750, RFC 9068). kUnauthenticated for a
  /// token that is malformed, not ours, expired, or of a client that is registered no more. A
  /// verified token is believed for at most `cache_lifetime` before it is looked at again.
  [[nodiscard]] Result<Permit> authorize(const BearerToken& token);

  /// The Permit of what a client asked for with a token that is no longer at hand, such as an
  /// export that goes on after a restart: what `scopes` and the client's registration both allow
  /// now.
  [[nodiscard]] Result<Permit> permit_for_client(const ClientId& client, std::string_view scopes);

  /// The Permit of a clinic's own system on a connection whose TLS layer has already verified the
  /// certificate: the SAN URI `urn:kap:clinic:<clinic id>` names the clinic. It bounds writes to
  /// that clinic and carries no scope. kUnauthenticated when the certificate names no clinic, or
  /// several.
  [[nodiscard]] Result<Permit> authorize_clinic(std::string_view certificate_pem) const;

  /// What authorize_clinic gives, for what the gateway applies on its own after the clinic was
  /// authorized to send it: records that waited, dead letters an operator replays.
  [[nodiscard]] static Permit permit_for_ingest(const ClinicId& clinic);

 private:
  class Cache;

  [[nodiscard]] static Result<Permit> make_permit(const store::RegisteredClient& client,
                                                  std::string_view scopes);

  AuthorizerOptions options_;
  const SigningKey& key_;
  ClientRegistry& clients_;
  const Clock& clock_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace kap::gateway::security

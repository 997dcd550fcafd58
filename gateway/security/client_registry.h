#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"

namespace kap::gateway::security {

/// A registered SMART backend service (EHR system).
struct Client {
  ClientId id;
  std::string jwks;               // its public keys, a JWK Set (RFC 7517) as text
  std::string scopes;             // the most it may be granted, space-separated SMART v2 scopes
  std::vector<ClinicId> clinics;  // whose rows it may see
};

/// Where clients are kept, and which assertions have been used. Safe from every thread.
class ClientRegistry {
 public:
  virtual ~ClientRegistry() = default;
  [[nodiscard]] virtual Result<std::optional<Client>> find(const ClientId& id) = 0;
  [[nodiscard]] virtual Result<std::vector<Client>> list() = 0;
  /// Adds or replaces.
  virtual Status put(const Client& client) = 0;
  /// False when there was none.
  [[nodiscard]] virtual Result<bool> remove(const ClientId& id) = 0;
  /// Records that the client used the assertion `jti`, to be remembered until `expires`. False when
  /// it had been used before: a replay. Durable before it returns.
  [[nodiscard]] virtual Result<bool> use_assertion(const ClientId& id, const std::string& jti,
                                                   Instant expires) = 0;
};

}  // namespace kap::gateway::security

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/store/client.h"

namespace kap::gateway::store {
class Store;
}

namespace kap::gateway::security {

/// Where clients are kept, and which assertions have been used. Safe from every thread.
class ClientRegistry {
 public:
  virtual ~ClientRegistry() = default;
  [[nodiscard]] virtual Result<std::optional<store::RegisteredClient>> find(const ClientId& id) = 0;
  [[nodiscard]] virtual Result<std::vector<store::RegisteredClient>> list() = 0;
  /// Adds or replaces.
  [[nodiscard]] virtual Status put(const store::RegisteredClient& client) = 0;
  /// False when there was none.
  [[nodiscard]] virtual Result<bool> remove(const ClientId& id) = 0;
  /// Records that the client used the assertion `jti`, to be remembered until `expires`. False when
  /// it had been used before: a replay. Durable before it returns.
  [[nodiscard]] virtual Result<bool> use_assertion(const ClientId& id, const std::string& jti,
                                                   Instant expires, Instant now) = 0;
};

/// The registry in the store, which must outlive it.
class StoreClientRegistry final : public ClientRegistry {
 public:
  explicit StoreClientRegistry(store::Store& store) : store_(store) {}

  [[nodiscard]] Result<std::optional<store::RegisteredClient>> find(const ClientId& id) override;
  [[nodiscard]] Result<std::vector<store::RegisteredClient>> list() override;
  [[nodiscard]] Status put(const store::RegisteredClient& client) override;
  [[nodiscard]] Result<bool> remove(const ClientId& id) override;
  [[nodiscard]] Result<bool> use_assertion(const ClientId& id, const std::string& jti,
                                           Instant expires, Instant now) override;

 private:
  store::Store& store_;
};

}  // namespace kap::gateway::security

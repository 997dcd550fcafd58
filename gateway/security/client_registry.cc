#include "gateway/security/client_registry.h"

#include "gateway/store/store.h"

namespace kap::gateway::security {

Result<std::optional<store::RegisteredClient>> StoreClientRegistry::find(const ClientId& id) {
  return store_.client(id);
}

Result<std::vector<store::RegisteredClient>> StoreClientRegistry::list() {
  return store_.clients();
}

Status StoreClientRegistry::put(const store::RegisteredClient& client) {
  return store_.put_client(client);
}

Result<bool> StoreClientRegistry::remove(const ClientId& id) { return store_.remove_client(id); }

Result<bool> StoreClientRegistry::use_assertion(const ClientId& id, const std::string& jti,
                                                Instant expires, Instant now) {
  return store_.use_assertion(id, jti, expires, now);
}

}  // namespace kap::gateway::security

#pragma once

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/security/client_registry.h"
#include "gateway/security/jwk.h"
#include "gateway/security/jws.h"

namespace kap::gateway::security {

/// A registry in memory.
class FakeRegistry final : public ClientRegistry {
 public:
  Result<std::optional<store::RegisteredClient>> find(const ClientId& id) override {
    if (is_down) return fail(Category::kUnavailable, IssueType::kTransient, "down");
    const auto at = clients.find(id);
    if (at == clients.end()) return std::nullopt;
    return at->second;
  }
  Result<std::vector<store::RegisteredClient>> list() override {
    std::vector<store::RegisteredClient> all;
    for (const auto& [id, client] : clients) all.push_back(client);
    return all;
  }
  Status put(const store::RegisteredClient& client) override {
    clients[client.id] = client;
    return {};
  }
  Result<bool> remove(const ClientId& id) override { return clients.erase(id) > 0; }
  Result<bool> use_assertion(const ClientId& id, const std::string& jti, Instant /*expires*/,
                             Instant /*now*/) override {
    return used.emplace(id.text(), jti).second;
  }

  std::map<ClientId, store::RegisteredClient> clients;
  std::set<std::pair<std::string, std::string>> used;
  bool is_down = false;
};

inline EvpKey make_ec_key() { return {EVP_EC_gen("P-384"), &EVP_PKEY_free}; }
inline EvpKey make_rsa_key(unsigned bits) { return {EVP_RSA_gen(bits), &EVP_PKEY_free}; }

/// The keys tests use, made once.
struct FakeKeys {
  EvpKey ec = make_ec_key();
  EvpKey other_ec = make_ec_key();
  EvpKey rsa = make_rsa_key(2048);

  static const FakeKeys& get() {
    static const FakeKeys keys;
    return keys;
  }
  [[nodiscard]] std::string jwks() const {
    return fmt::format(R"({{"keys":[{},{}]}})", *to_public_jwk(ec.get(), "ec"),
                       *to_public_jwk(rsa.get(), "rsa"));
  }
};

}  // namespace kap::gateway::security

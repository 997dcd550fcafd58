#include <iostream>
#include <memory>
#include <utility>

#include "fhir/base/clock.h"
#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"
#include "gateway/command/open_store.h"
#include "gateway/security/client_command.h"
#include "gateway/security/client_registry.h"

namespace kap::gateway::command {
namespace {

/// The registry in a store that is open for this command alone.
class OpenedRegistry final : public security::ClientRegistry {
 public:
  explicit OpenedRegistry(std::unique_ptr<store::Store> store)
      : store_(std::move(store)), registry_(*store_) {}

  Result<std::optional<store::RegisteredClient>> find(const ClientId& id) override {
    return registry_.find(id);
  }
  Result<std::vector<store::RegisteredClient>> list() override { return registry_.list(); }
  Status put(const store::RegisteredClient& client) override { return registry_.put(client); }
  Result<bool> remove(const ClientId& id) override { return registry_.remove(id); }
  Result<bool> use_assertion(const ClientId& id, const std::string& jti, Instant expires,
                             Instant now) override {
    return registry_.use_assertion(id, jti, expires, now);
  }

 private:
  std::unique_ptr<store::Store> store_;
  security::StoreClientRegistry registry_;
};

}  // namespace

int run_client(int argc, const char* const* argv) {
  const SystemClock clock;
  const auto open = [&clock](const std::filesystem::path& config)
      -> Result<std::unique_ptr<security::ClientRegistry>> {
    KAP_TRY(const auto settings, load(config));
    KAP_TRY(auto store, open_store(settings, clock));
    return std::make_unique<OpenedRegistry>(std::move(store));
  };
  return security::run_client_command(
      argc, argv, {.open = open, .clock = clock, .out = std::cout, .err = std::cerr});
}

}  // namespace kap::gateway::command

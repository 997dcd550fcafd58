#include "gateway/command/open_store.h"

#include <filesystem>
#include <utility>

#include "gateway/store/sqlite/sqlite_store.h"

namespace kap::gateway::command {

Result<std::shared_ptr<const store::crypto::KeyRing>> load_keys(const config::Settings& settings) {
  namespace crypto = store::crypto;
  if (settings.store.encryption == config::Encryption::kOff) return nullptr;
  // Keys are made where there are none yet. A database that was written with others is then refused
  // when it is opened.
  std::error_code ignored;
  const bool is_new = !std::filesystem::exists(settings.store.key_ring(), ignored);
  KAP_TRY(const auto master,
          crypto::load_key(settings.store.master_key,
                           is_new ? crypto::Absent::kCreate : crypto::Absent::kRefuse));
  KAP_TRY(auto ring, crypto::KeyRing::load_or_create(settings.store.key_ring(), master));
  return std::make_shared<const crypto::KeyRing>(std::move(ring));
}

Result<std::unique_ptr<store::Store>> open_store(const config::Settings& settings,
                                                 const Clock& clock) {
  KAP_TRY(auto keys, load_keys(settings));
  return store::open_sqlite({.path = settings.store.path,
                             .clock = &clock,
                             .readers = settings.search.workers,
                             .keys = std::move(keys)});
}

}  // namespace kap::gateway::command

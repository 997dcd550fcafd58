#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/store/crypto/key_ring.h"
#include "gateway/store/store.h"

namespace kap::gateway::store {

struct SqliteOptions {
  std::filesystem::path path;       // made when absent; `-wal` and `-shm` stand beside it
  const Clock* clock = nullptr;     // must outlive the store
  std::size_t readers = 4;          // connections that searches share
  std::size_t queue_units = 4'096;  // submitted, not yet committed; more are refused
  std::size_t queue_bytes = 256U << 20U;
  std::size_t commit_units = 256;  // at most this many share one commit
  std::size_t commit_bytes = 8U << 20U;
  std::int64_t max_pages = 0;  // of the database file; 0: no limit
  /// With keys every page and every frame of the log is encrypted; nullptr: none is.
  std::shared_ptr<const crypto::KeyRing> keys = nullptr;
};

/// Opens or makes the database and brings its schema up to date. Refuses a database that a later
/// program wrote.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);

}  // namespace kap::gateway::store

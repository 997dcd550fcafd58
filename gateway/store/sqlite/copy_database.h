#pragma once

#include <filesystem>
#include <memory>

#include "fhir/base/result.h"
#include "gateway/store/crypto/key_ring.h"

namespace kap::gateway::store {

/// A database file and the keys of its pages; nullptr: it is in the clear.
struct SqliteFile {
  std::filesystem::path path;
  std::shared_ptr<const crypto::KeyRing> keys = nullptr;
};

/// Writes a consistent copy, as of one place in the commit sequence, also of a database that is in
/// use. kConflict when there is a file at `to` already. On disk before it returns.
[[nodiscard]] Status copy_database(const SqliteFile& from, const SqliteFile& to);

}  // namespace kap::gateway::store

#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "fhir/base/result.h"
#include "gateway/store/crypto/key_ring.h"
#include "gateway/store/sqlite/page_cipher.h"

namespace kap::gateway::store::sqlite {

/// A SQLite VFS (https://sqlite.org/vfs.html) over the default one that seals every page of the
/// database file and every frame of its write-ahead log, so that rows, index and log are unreadable
/// and unforgeable without the keys. A page is bound to its number, a frame to its header, whose 16
/// bytes name the page and this life of the log.
///
/// What stays readable: the sizes of files, page numbers and checksums in the log, the log's
/// index. The rollback journal that SQLite needs to switch a new, empty database to a log passes
/// as it is. Files for intermediate results cannot be opened at all: connections keep those in
/// memory. Registered while this lives; connections must be closed before.
class EncryptedVfs {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EncryptedVfs>> make(
      std::shared_ptr<const crypto::KeyRing> keys);
  ~EncryptedVfs();
  EncryptedVfs(const EncryptedVfs&) = delete;
  EncryptedVfs& operator=(const EncryptedVfs&) = delete;

  /// For sqlite3_open_v2.
  [[nodiscard]] const char* name() const { return name_.c_str(); }

 private:
  explicit EncryptedVfs(std::unique_ptr<PageCipher> cipher);

  std::string name_;
  std::unique_ptr<PageCipher> cipher_;
  sqlite3_vfs vfs_{};
};

}  // namespace kap::gateway::store::sqlite

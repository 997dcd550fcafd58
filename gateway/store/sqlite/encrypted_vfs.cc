#include "gateway/store/sqlite/encrypted_vfs.h"

#include <atomic>
#include <string>
#include <utility>

#include "gateway/store/sqlite/sealed_file.h"

namespace kap::gateway::store::sqlite {
namespace {

/// What an EncryptedVfs keeps behind its sqlite3_vfs.
PageCipher* cipher_of(sqlite3_vfs* vfs) { return static_cast<PageCipher*>(vfs->pAppData); }

/// The VFS that does the work. Never unregistered: it is SQLite's own.
sqlite3_vfs* below() {
  static sqlite3_vfs* const kDefault = sqlite3_vfs_find("unix");
  return kDefault;
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  auto& sealed = *reinterpret_cast<SealedFile*>(file);
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    sealed.kind = SealedFile::Kind::kDatabase;
  } else if ((flags & SQLITE_OPEN_WAL) != 0) {
    sealed.kind = SealedFile::Kind::kLog;
  } else if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) {
    sealed.kind = SealedFile::Kind::kPlain;
  } else {
    return SQLITE_CANTOPEN;  // intermediate results, in the clear
  }
  sealed.cipher = cipher_of(vfs);
  sealed.header_at = -1;
  const int code = below()->xOpen(below(), path, sealed.real(), flags, out_flags);
  if (sealed.real()->pMethods != nullptr) file->pMethods = sealed_file_methods();
  return code;
}

}  // namespace

EncryptedVfs::EncryptedVfs(std::unique_ptr<PageCipher> cipher) : cipher_(std::move(cipher)) {
  static std::atomic<unsigned> next{1};
  name_ = "kap-encrypted-" + std::to_string(next.fetch_add(1));
  vfs_ = {
      .iVersion = 2,
      .szOsFile = static_cast<int>(sizeof(SealedFile)) + below()->szOsFile,
      .mxPathname = below()->mxPathname,
      .pNext = nullptr,
      .zName = name_.c_str(),
      .pAppData = cipher_.get(),
      .xOpen = &open,
      .xDelete = [](sqlite3_vfs*, const char* path,
                    int sync) { return below()->xDelete(below(), path, sync); },
      .xAccess = [](sqlite3_vfs*, const char* path, int flags,
                    int* out) { return below()->xAccess(below(), path, flags, out); },
      .xFullPathname = [](sqlite3_vfs*, const char* path, int size,
                          char* out) { return below()->xFullPathname(below(), path, size, out); },
      .xDlOpen = nullptr,
      .xDlError = nullptr,
      .xDlSym = nullptr,
      .xDlClose = nullptr,
      .xRandomness = [](sqlite3_vfs*, int size,
                        char* out) { return below()->xRandomness(below(), size, out); },
      .xSleep = [](sqlite3_vfs*, int micros) { return below()->xSleep(below(), micros); },
      .xCurrentTime = [](sqlite3_vfs*, double* out) { return below()->xCurrentTime(below(), out); },
      .xGetLastError = [](sqlite3_vfs*, int size,
                          char* out) { return below()->xGetLastError(below(), size, out); },
      .xCurrentTimeInt64 =
          [](sqlite3_vfs*, sqlite3_int64* out) { return below()->xCurrentTimeInt64(below(), out); },
      .xSetSystemCall = nullptr,
      .xGetSystemCall = nullptr,
      .xNextSystemCall = nullptr,
  };
}

Result<std::unique_ptr<EncryptedVfs>> EncryptedVfs::make(
    std::shared_ptr<const crypto::KeyRing> keys) {
  sqlite3_initialize();
  if (below() == nullptr)
    return fail(Category::kInternal, IssueType::kException, "SQLite has no VFS named unix");
  KAP_TRY(auto cipher, PageCipher::make(std::move(keys)));
  auto made = std::unique_ptr<EncryptedVfs>(new EncryptedVfs(std::move(cipher)));
  if (sqlite3_vfs_register(&made->vfs_, 0) != SQLITE_OK)
    return fail(Category::kInternal, IssueType::kException, "SQLite takes no further VFS");
  return made;
}

EncryptedVfs::~EncryptedVfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace kap::gateway::store::sqlite

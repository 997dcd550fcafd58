#include "gateway/store/sqlite/copy_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/encrypted_vfs.h"

namespace kap::gateway::store {
namespace {

using sqlite::EncryptedVfs;

Result<std::unique_ptr<EncryptedVfs>> make_vfs(const SqliteFile& file) {
  if (file.keys == nullptr) return nullptr;
  return EncryptedVfs::make(file.keys);
}

/// https://sqlite.org/uri.html
std::string to_uri(const std::filesystem::path& path, const std::unique_ptr<EncryptedVfs>& vfs) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?vfs=" + (vfs == nullptr ? "unix" : vfs->name());
}

Status sync(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (is_synced) return {};
  return fail(Category::kUnavailable, IssueType::kNoStore, path.string() + ": cannot be synced");
}

}  // namespace

Status copy_database(const SqliteFile& from, const SqliteFile& to) {
  std::error_code error;
  if (std::filesystem::exists(to.path, error))
    return fail(Category::kConflict, IssueType::kDuplicate,
                to.path.string() + ": there is a file already");
  KAP_TRY(const auto source_vfs, make_vfs(from));
  KAP_TRY(const auto target_vfs, make_vfs(to));
  KAP_TRY(const auto database,
          sqlite::Database::open(
              {from.path.string(), source_vfs == nullptr ? nullptr : source_vfs->name()},
              sqlite::Database::Access::kReadWrite));
  // The copy gets as much room in its pages as this connection asks for.
  int reserved = to.keys == nullptr ? 0 : static_cast<int>(sqlite::PageCipher::kReservedBytes);
  sqlite3_file_control(database->handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  KAP_CHECK_OK(database->prepared("VACUUM INTO ?").with(to_uri(to.path, target_vfs)).run());
  KAP_CHECK_OK(sync(to.path));
  return sync(std::filesystem::absolute(to.path).parent_path());
}

}  // namespace kap::gateway::store

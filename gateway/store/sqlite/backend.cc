#include "gateway/store/sqlite/backend.h"

#include <openssl/rand.h>

#include <array>
#include <utility>

#include "gateway/store/sqlite/schema.h"

namespace kap::gateway::store {

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
  return sqlite::Backend::open(options);
}

namespace sqlite {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kPointReaders = 8;

/// The database's secret, made with it.
Result<std::string> load_secret(Database& database) {
  std::array<unsigned char, kSecretBytes> fresh{};
  if (RAND_bytes(fresh.data(), fresh.size()) != 1) {
    return fail(Category::kInternal, IssueType::kException, "no random bytes to be had");
  }
  const Blob secret{{reinterpret_cast<const char*>(fresh.data()), fresh.size()}};
  KAP_CHECK_OK(database.prepared("INSERT OR IGNORE INTO setting (name, value) VALUES ('secret', ?)")
                   .with(secret)
                   .run());
  auto& statement = database.prepared("SELECT value FROM setting WHERE name = 'secret'").with();
  const ResetAtExit reset(statement);
  KAP_TRY([[maybe_unused]] const bool row, statement.step());
  return std::string(statement.bytes(0));
}

const char* name_of(const std::unique_ptr<EncryptedVfs>& vfs) {
  return vfs == nullptr ? nullptr : vfs->name();
}

}  // namespace

Backend::Backend(const SqliteOptions& options, std::unique_ptr<EncryptedVfs> vfs)
    : options_(options),
      vfs_(std::move(vfs)),
      point_readers_({options.path.string(), name_of(vfs_)}, kPointReaders),
      search_readers_({options.path.string(), name_of(vfs_)}, options.readers) {}

Result<std::unique_ptr<Store>> Backend::open(const SqliteOptions& options) {
  std::unique_ptr<EncryptedVfs> vfs;
  if (options.keys != nullptr) {
    KAP_TRY(vfs, EncryptedVfs::make(options.keys));
  }
  auto backend = std::unique_ptr<Backend>(new Backend(options, std::move(vfs)));
  KAP_CHECK_OK(backend->start());
  return backend;
}

Status Backend::start() {
  KAP_TRY(auto database,
          Database::open({options_.path.string(), name_of(vfs_)}, Database::Access::kReadWrite));
  KAP_CHECK_OK(prepare_schema(*database));
  KAP_TRY(secret_, load_secret(*database));
  KAP_CHECK_OK(dictionary_.load(*database));
  if (options_.max_pages > 0) {
    const auto pragma = "PRAGMA max_page_count = " + std::to_string(options_.max_pages);
    KAP_CHECK_OK(database->execute(pragma.c_str()));
  }
  writer_ = std::make_unique<Writer>(std::move(database), dictionary_, options_);
  return writer_->start();
}

void Backend::submit(WriteUnit unit, Completion done) {
  writer_->submit(std::move(unit), std::move(done));
}

Health Backend::health() const {
  const auto state = writer_->state();
  Health health{.writable = state.writable,
                .readable = true,
                .reason = state.reason,
                .last = state.last,
                .queued_units = state.queued};
  auto reader = point_readers_.lease();
  if (!reader.has_value()) {
    health.readable = false;
    health.reason = reader.error().summary();
  }
  return health;
}

}  // namespace sqlite
}  // namespace kap::gateway::store

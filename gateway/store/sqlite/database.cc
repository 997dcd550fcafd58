#include "gateway/store/sqlite/database.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/store/sqlite/page_cipher.h"

namespace kap::gateway::store::sqlite {
namespace {

constexpr int kBusyMilliseconds = 5'000;

bool is_out_of_space(sqlite3* handle, int code) {
  if (code == SQLITE_FULL) return true;
  if ((code & 0xff) != SQLITE_IOERR) return false;
  if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE) return true;
  const int error = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/// EncryptedVfs leaves EBADMSG behind when a page is not one that it sealed for that place.
bool is_unopened_page(sqlite3* handle, int code) {
  return (code & 0xff) == SQLITE_IOERR && handle != nullptr &&
         sqlite3_system_errno(handle) == EBADMSG;
}

/// What the first look into a file says. SQLite takes it at the opening or with the first
/// statement.
Outcome to_opening_outcome(sqlite3* handle, int code, const std::string& path) {
  if (code != SQLITE_NOTADB && !is_unopened_page(handle, code)) return to_outcome(handle, code);
  return {Category::kForbidden, IssueType::kSecurity,
          path +
              ": cannot be read as configured: it is not encrypted where it should be, or "
              "encrypted with other keys (see store.encryption and `kap-gateway key`)"};
}

}  // namespace

Outcome to_outcome(sqlite3* handle, int code) {
  if (is_out_of_space(handle, code)) {
    return {Category::kUnavailable, IssueType::kNoStore,
            "the disk of the database is full; free space, writes resume by themselves"};
  }
  if (is_unopened_page(handle, code)) {
    return {Category::kInternal, IssueType::kSecurity,
            "a page of the database is not what was written: the file is damaged or was changed; "
            "restore it from the backup"};
  }
  if ((code & 0xff) == SQLITE_INTERRUPT) {
    return {Category::kTimeout, IssueType::kTimeout, "the deadline passed"};
  }
  if ((code & 0xff) == SQLITE_BUSY) {
    return {Category::kUnavailable, IssueType::kLockError,
            "another program holds the database's lock"};
  }
  // sqlite3_errmsg can quote values; the text of the code cannot.
  return {Category::kInternal, IssueType::kException,
          std::string("SQLite: ") + sqlite3_errstr(code) + " (" + std::to_string(code) + ")"};
}

Result<bool> Statement::step() {
  const int code = bind_failure_ == SQLITE_OK ? sqlite3_step(statement_) : bind_failure_;
  bind_failure_ = SQLITE_OK;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  sqlite3* handle = sqlite3_db_handle(statement_);
  auto outcome = to_outcome(handle, sqlite3_extended_errcode(handle) == SQLITE_OK
                                        ? code
                                        : sqlite3_extended_errcode(handle));
  reset();
  return std::unexpected(std::move(outcome));
}

Status Statement::run() {
  for (;;) {
    KAP_TRY(const bool row, step());
    if (!row) return {};
  }
}

Result<std::unique_ptr<Database>> Database::open(const DatabaseFile& file, Access access) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
                    (access == Access::kReadOnly ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(file.path.c_str(), &handle, flags, file.vfs);
  if (code != SQLITE_OK) {
    auto outcome = to_opening_outcome(handle, code, file.path);
    sqlite3_close_v2(handle);
    return std::unexpected(std::move(outcome));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  auto database = std::unique_ptr<Database>(new Database(handle));
  const int read =
      sqlite3_exec(handle, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
  if (read != SQLITE_OK) return std::unexpected(to_opening_outcome(handle, read, file.path));
  // Large pages halve the tree's depth and let a body and its neighbours share a page.
  const auto page_size = "PRAGMA page_size = " + std::to_string(kPageBytes);
  KAP_CHECK_OK(database->execute(page_size.c_str()));
  // What a statement needs in between must not reach a disk.
  KAP_CHECK_OK(database->execute("PRAGMA temp_store = MEMORY"));
  // Enough for the upper levels of every tree: a look-up among millions then reads a leaf or two.
  KAP_CHECK_OK(database->execute("PRAGMA cache_size = -8192"));
  // Where the pages are not sealed, readers share the system's cache and copy nothing.
  if (access == Access::kReadOnly) KAP_CHECK_OK(database->execute("PRAGMA mmap_size = 2147418112"));
  if (file.vfs != nullptr) {
    int reserved = PageCipher::kReservedBytes;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  }
  return database;
}

Database::~Database() {
  statements_.clear();
  sqlite3_close_v2(handle_);
}

Status Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(to_outcome(handle_, code));
  return {};
}

Statement& Database::prepared(const char* sql) {
  auto& slot = statements_[sql];
  if (slot == nullptr) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
        SQLITE_OK) {
      throw std::logic_error(std::string("statement does not compile: ") + sqlite3_errmsg(handle_));
    }
    slot = std::make_unique<Statement>(statement);
  }
  return *slot;
}

void Database::rollback() {
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  KAP_CHECK_OK(kind == Kind::kWrite ? database.prepared("BEGIN IMMEDIATE").run()
                                    : database.prepared("BEGIN").run());
  return Transaction(database, kind);
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // One that only read ends the same either way, and this statement is prepared.
  if (kind_ == Kind::kRead && database_->prepared("COMMIT").run().has_value()) return;
  database_->rollback();
}

Status Transaction::commit() {
  KAP_CHECK_OK(database_->prepared("COMMIT").run());
  database_ = nullptr;
  return {};
}

}  // namespace kap::gateway::store::sqlite

#include "gateway/store/sqlite/database.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

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

}  // namespace

Outcome to_outcome(sqlite3* handle, int code) {
  if (is_out_of_space(handle, code)) {
    return {Category::kUnavailable, IssueType::kNoStore,
            "the disk of the database is full; free space, writes resume by themselves"};
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

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (access == Access::kReadOnly ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (code != SQLITE_OK) {
    auto outcome = to_outcome(handle, code);
    sqlite3_close_v2(handle);
    return std::unexpected(std::move(outcome));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return std::unique_ptr<Database>(new Database(handle));
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

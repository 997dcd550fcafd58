#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fhir/base/result.h"

namespace kap::gateway::store::sqlite {

/// Bytes to bind as a BLOB; a std::string_view binds as TEXT.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement. Bound text and blobs are not copied: they must live until it is reset.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Resets it and binds all parameters in order.
  template <class... Values>
  Statement& with(const Values&... values) {
    reset();
    [[maybe_unused]] int place = 0;
    (bind(++place, values), ...);
    return *this;
  }
  /// True: there is a row to read. False: done, and reset.
  [[nodiscard]] Result<bool> step();
  /// Runs to the end and resets.
  [[nodiscard]] Status run();
  void reset() { sqlite3_reset(statement_); }

  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
  }
  /// TEXT or BLOB; valid until the next step or reset.
  [[nodiscard]] std::string_view bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  void bind(int place, std::int64_t value) { keep(sqlite3_bind_int64(statement_, place, value)); }
  void bind(int place, std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    keep(sqlite3_bind_text64(statement_, place, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  void bind(int place, const std::string& text) { bind(place, std::string_view(text)); }
  void bind(int place, Blob blob) {
    const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
    keep(sqlite3_bind_blob64(statement_, place, data, blob.bytes.size(), SQLITE_STATIC));
  }
  template <class T>
  void bind(int place, const std::optional<T>& value) {
    if (value.has_value()) {
      bind(place, *value);
    } else {
      keep(sqlite3_bind_null(statement_, place));
    }
  }
  void keep(int code) {
    if (code != SQLITE_OK) bind_failure_ = code;
  }

  sqlite3_stmt* statement_;
  int bind_failure_ = SQLITE_OK;
};

/// Resets a statement at the end of a scope, so that its read transaction ends with it.
class ResetAtExit {
 public:
  explicit ResetAtExit(Statement& statement) : statement_(statement) {}
  ~ResetAtExit() { statement_.reset(); }
  ResetAtExit(const ResetAtExit&) = delete;
  ResetAtExit& operator=(const ResetAtExit&) = delete;

 private:
  Statement& statement_;
};

/// Where a database is and the VFS that reads and writes it; nullptr: SQLite's own. One of
/// EncryptedVfs finds room in every page of a new database.
struct DatabaseFile {
  std::string path;
  const char* vfs = nullptr;
};

/// One connection; used by one thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t { kReadOnly, kReadWrite };

  /// kForbidden for a file that is no database of that VFS's: in the clear, sealed, or sealed with
  /// other keys.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const DatabaseFile& file,
                                                              Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs SQL that takes no parameters.
  [[nodiscard]] Status execute(const char* sql);
  /// The statement for `sql`, prepared once. `sql` must be a literal: its address is the key. A
  /// literal that does not compile is a broken invariant and throws.
  [[nodiscard]] Statement& prepared(const char* sql);
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  /// Ends the open transaction, if there still is one.
  void rollback();
  [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_); }
  [[nodiscard]] std::int64_t changed_rows() const { return sqlite3_changes64(handle_); }
  [[nodiscard]] sqlite3* handle() { return handle_; }

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}

  sqlite3* handle_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;
};

/// Reads and writes inside one transaction; rolled back unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { kRead, kWrite };
  [[nodiscard]] static Result<Transaction> begin(Database& database, Kind kind);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(other.database_), kind_(other.kind_) {
    other.database_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  [[nodiscard]] Status commit();

 private:
  Transaction(Database& database, Kind kind) : database_(&database), kind_(kind) {}
  Database* database_;
  Kind kind_;
};

/// What SQLite refused, as an Outcome without any bound value in it.
[[nodiscard]] Outcome to_outcome(sqlite3* handle, int code);

}  // namespace kap::gateway::store::sqlite

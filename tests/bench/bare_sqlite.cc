#include "tests/bench/bare_sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string_view>

#include "gateway/store/sqlite/sqlite_store.h"

namespace kap::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void check(sqlite3* database, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  fmt::print(stderr, "{}\n", sqlite3_errmsg(database));
  std::abort();
}

void insert(sqlite3* database, sqlite3_stmt* statement, const Row& row) {
  int place = 0;
  for (const auto& [type, value] : row) {
    ++place;
    const int size = static_cast<int>(value.size());
    if (type == SQLITE_INTEGER) {
      sqlite3_bind_int64(statement, place, std::stoll(value));
    } else if (type == SQLITE_TEXT) {
      sqlite3_bind_text(statement, place, value.data(), size, SQLITE_STATIC);
    } else if (type == SQLITE_BLOB) {
      sqlite3_bind_blob(statement, place, value.data(), size, SQLITE_STATIC);
    } else {
      sqlite3_bind_null(statement, place);
    }
  }
  check(database, sqlite3_step(statement));
  sqlite3_reset(statement);
}

// What an ingest writes, and the column that tells in which order it came.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTables{{
    {"version", "seq"},
    {"content", "seq"},
    {"resource", "current"},
    {"posting", "first"},
    {"record", "number"},
    {"revision", "number"},
    {"audit", "number"},
}};

/// The rows of one commit of many: a part of the order they came in, sorted by key as a careful
/// writer would.
std::span<const Row> rows_of(const Table& table, std::size_t commit, std::size_t commits) {
  const auto begin = table.rows.size() * commit / commits;
  const auto end = table.rows.size() * (commit + 1) / commits;
  return std::span(table.rows).subspan(begin, end - begin);
}

void sort_commits(std::vector<Table>& tables, std::size_t commits) {
  for (auto& table : tables) {
    if (table.name != "posting" && table.name != "resource") continue;
    for (std::size_t commit = 0; commit < commits; ++commit) {
      const auto rows = rows_of(table, commit, commits);
      const auto begin = table.rows.begin() + (rows.data() - table.rows.data());
      std::sort(begin, begin + static_cast<std::ptrdiff_t>(rows.size()));
    }
  }
}

}  // namespace

std::vector<Table> read_tables(const std::filesystem::path& path) {
  sqlite3* database = nullptr;
  check(database, sqlite3_open(path.c_str(), &database));
  std::vector<Table> tables;
  for (const auto& [name, order] : kTables) {
    Table table{.name = std::string(name), .insert = {}, .rows = {}};
    sqlite3_stmt* statement = nullptr;
    const auto query = fmt::format("SELECT * FROM {} ORDER BY {}", name, order);
    check(database, sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr));
    const int columns = sqlite3_column_count(statement);
    table.insert = fmt::format("INSERT INTO {} VALUES (?", name);
    for (int i = 1; i < columns; ++i) table.insert += ",?";
    table.insert += ")";
    while (sqlite3_step(statement) == SQLITE_ROW) {
      Row row;
      for (int i = 0; i < columns; ++i) {
        const int type = sqlite3_column_type(statement, i);
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
        row.emplace_back(type,
                         std::string(bytes == nullptr ? "" : bytes,
                                     static_cast<std::size_t>(sqlite3_column_bytes(statement, i))));
      }
      table.rows.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    tables.push_back(std::move(table));
  }
  sqlite3_close(database);
  return tables;
}

double run_bare(const std::filesystem::path& path, std::vector<Table> tables, std::size_t commits) {
  sort_commits(tables, commits);
  {
    SystemClock clock;
    if (!gateway::store::open_sqlite({.path = path, .clock = &clock}).has_value())
      std::abort();  // its schema
  }
  sqlite3* database = nullptr;
  check(database, sqlite3_open(path.c_str(), &database));
  check(database, sqlite3_exec(database, "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr));
  std::vector<sqlite3_stmt*> statements;
  for (const auto& table : tables) {
    sqlite3_stmt* statement = nullptr;
    check(database, sqlite3_prepare_v2(database, table.insert.c_str(), -1, &statement, nullptr));
    statements.push_back(statement);
  }
  const auto begin = Clock::now();
  for (std::size_t commit = 0; commit < commits; ++commit) {
    check(database, sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr));
    for (std::size_t i = 0; i < tables.size(); ++i) {
      for (const auto& row : rows_of(tables[i], commit, commits)) {
        insert(database, statements[i], row);
      }
    }
    check(database, sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr));
  }
  const double seconds = seconds_since(begin);
  for (auto* statement : statements) sqlite3_finalize(statement);
  sqlite3_close(database);
  return seconds;
}

}  // namespace kap::bench

// How many resources a second the store takes, beside bare SQLite inserting the same rows with the
// same durability and the same commits.

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/bench/store_session.h"

namespace kap::gateway::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kResourcesPerUnit = 100;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Resources a second; keeps `in_flight` units under way, as a stream does.
double run_store(const std::filesystem::path& path, std::deque<WriteUnit> units,
                 std::size_t in_flight) {
  SystemClock clock;
  auto store = open_sqlite({.path = path, .clock = &clock});
  if (!store.has_value()) std::abort();
  std::size_t resources = 0;
  std::deque<std::future<Result<WriteOutcome>>> pending;
  const auto begin = Clock::now();
  const auto finish_one = [&] {
    const auto outcome = pending.front().get();
    if (!outcome.has_value() || outcome->status != WriteStatus::kWritten) std::abort();
    pending.pop_front();
  };
  while (!units.empty()) {
    if (pending.size() >= in_flight) finish_one();
    resources += units.front().resources.size();
    pending.push_back((*store)->submit(std::move(units.front())));
    units.pop_front();
  }
  while (!pending.empty()) finish_one();
  return static_cast<double>(resources) / seconds_since(begin);
}

void check(sqlite3* database, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  fmt::print(stderr, "{}\n", sqlite3_errmsg(database));
  std::abort();
}

using Row = std::vector<std::pair<int, std::string>>;  // SQLite type and value
struct Table {
  std::string name;
  std::string insert;
  std::vector<Row> rows;
};

/// Every row of the tables that the ingest wrote, in key order.
std::vector<Table> read_tables(const std::filesystem::path& path) {
  sqlite3* database = nullptr;
  check(database, sqlite3_open(path.c_str(), &database));
  std::vector<Table> tables;
  for (const std::string name :
       {"version", "content", "resource", "posting", "record", "revision", "audit"}) {
    Table table{.name = name, .insert = {}, .rows = {}};
    sqlite3_stmt* statement = nullptr;
    check(database,
          sqlite3_prepare_v2(database, ("SELECT * FROM " + name).c_str(), -1, &statement, nullptr));
    const int columns = sqlite3_column_count(statement);
    table.insert = "INSERT INTO " + name + " VALUES (?";
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

/// Seconds that bare SQLite takes for the same rows in `commits` transactions.
double run_bare(const std::filesystem::path& path, std::vector<Table>& tables,
                std::size_t commits) {
  {
    SystemClock clock;
    if (!open_sqlite({.path = path, .clock = &clock}).has_value()) std::abort();  // its schema
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
      const auto& rows = tables[i].rows;
      for (std::size_t row = rows.size() * commit / commits;
           row < rows.size() * (commit + 1) / commits; ++row) {
        insert(database, statements[i], rows[row]);
      }
    }
    check(database, sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr));
  }
  const double seconds = seconds_since(begin);
  for (auto* statement : statements) sqlite3_finalize(statement);
  sqlite3_close(database);
  return seconds;
}

void run(const std::filesystem::path& folder, int units, int resources, std::size_t in_flight) {
  std::deque<WriteUnit> made;
  std::size_t bytes = 0;
  std::size_t entries = 0;
  for (int i = 0; i < units; ++i) {
    made.push_back(session_unit(i, resources));
    for (const auto& write : made.back().resources) {
      bytes += write.body.size();
      entries += write.index.size();
    }
  }
  const double total = static_cast<double>(units) * resources;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const double rate = run_store(folder / "store.db", std::move(made), in_flight);
  auto tables = read_tables(folder / "store.db");
  std::size_t rows = 0;
  for (const auto& table : tables) rows += table.rows.size();
  const auto commits = std::max<std::size_t>(1, static_cast<std::size_t>(units) / in_flight);
  const double bare = total / run_bare(folder / "bare.db", tables, commits);
  fmt::print(
      "{:4} resources a unit, {:3} in flight: {:8.0f} resources/s; bare SQLite, same rows: "
      "{:8.0f}; ratio {:.2f}; {:.1f} rows, {:.1f} index entries, {:.0f} bytes a resource; "
      "{} MB on disk\n",
      resources, in_flight, rate, bare, rate / bare, static_cast<double>(rows) / total,
      static_cast<double>(entries) / total, static_cast<double>(bytes) / total,
      std::filesystem::file_size(folder / "store.db") >> 20U);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kap::gateway::store

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "kap-bench-store";
  kap::gateway::store::run(folder, 300, kap::gateway::store::kResourcesPerUnit, 16);
  kap::gateway::store::run(folder, 300, kap::gateway::store::kResourcesPerUnit, 1);
  kap::gateway::store::run(folder, 10'000, 1, 64);
  kap::gateway::store::run(folder, 1'000, 1, 1);
}

// bench_bare DATABASE SCRATCH: seconds of bare SQLite for the rows that an ingest left in DATABASE.

#include <fmt/format.h>

#include <filesystem>

#include "tests/bench/bare_sqlite.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: bench_bare DATABASE SCRATCH\n");
    return 2;
  }
  const auto tables = kap::bench::read_tables(argv[1]);
  const auto commits = kap::bench::count_commits(argv[1]);
  std::size_t rows = 0;
  for (const auto& table : tables) rows += table.rows.size();
  std::filesystem::remove_all(argv[2]);
  std::filesystem::create_directories(argv[2]);
  const double seconds =
      kap::bench::run_bare(std::filesystem::path(argv[2]) / "bare.db", tables, commits);
  std::filesystem::remove_all(argv[2]);
  fmt::print("{:.6f} {} {}\n", seconds, rows, commits);
}

// bench_bare DATABASE SYNCS SCRATCH: bare SQLite inserting the rows that an ingest left in
// DATABASE, in as many commits as SYNCS (of count_syncs.cc) counted. Prints the seconds, rows,
// commits and resource versions.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/bench/bare_sqlite.h"

namespace {

std::size_t count_commits(const char* syncs) {
  std::ifstream in(syncs);
  const std::string calls{std::istreambuf_iterator<char>(in), {}};
  const auto commits = std::ranges::count(calls, 'w') - std::ranges::count(calls, 'd');
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(commits, 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: bench_bare DATABASE SYNCS SCRATCH\n");
    return 2;
  }
  const auto tables = kap::bench::read_tables(argv[1]);
  const auto commits = count_commits(argv[2]);
  if (commits == 0) {
    fmt::print(stderr, "bench_bare: no commit was counted in {}\n", argv[2]);
    return 1;
  }
  std::size_t rows = 0;
  std::size_t versions = 0;
  for (const auto& table : tables) {
    rows += table.rows.size();
    if (table.name == "version") versions = table.rows.size();
  }
  std::filesystem::remove_all(argv[3]);
  std::filesystem::create_directories(argv[3]);
  const double seconds =
      kap::bench::run_bare(std::filesystem::path(argv[3]) / "bare.db", tables, commits);
  std::filesystem::remove_all(argv[3]);
  fmt::print("{:.6f} {} {} {}\n", seconds, rows, commits, versions);
}

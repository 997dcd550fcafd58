// How many resources a second the store takes, beside bare SQLite inserting the same rows with the
// same durability and the same commits.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/bench/bare_sqlite.h"
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
  auto tables = bench::read_tables(folder / "store.db");
  std::size_t rows = 0;
  for (const auto& table : tables) rows += table.rows.size();
  const auto commits = std::max<std::size_t>(1, static_cast<std::size_t>(units) / in_flight);
  const double bare = total / bench::run_bare(folder / "bare.db", tables, commits);
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

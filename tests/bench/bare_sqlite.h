#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace kap::bench {

using Row = std::vector<std::pair<int, std::string>>;  // SQLite type and value
struct Table {
  std::string name;
  std::string insert;
  std::vector<Row> rows;
};

/// Every row of the tables that an ingest into this database wrote, in the order they came.
[[nodiscard]] std::vector<Table> read_tables(const std::filesystem::path& path);
/// Seconds that bare SQLite takes for the same rows in `commits` transactions, with the same schema
/// and durability, in a new database at `path`; each commit's rows go in by key.
[[nodiscard]] double run_bare(const std::filesystem::path& path, std::vector<Table> tables,
                              std::size_t commits);

}  // namespace kap::bench

#include "gateway/clinic_client/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace kap::gateway::clinic_client {
namespace {

constexpr std::size_t kRowsShown = 200;

struct Row {
  std::string where;
  std::string field_path;
  std::string message;
};

std::vector<Row> to_rows(const std::vector<RefusedRecord>& refused) {
  std::vector<Row> rows;
  for (const auto& record : refused) {
    auto where =
        record.kind.empty() ? record.where : fmt::format("{} ({})", record.where, record.kind);
    for (const auto& violation : record.violations) {
      rows.push_back({where, violation.field_path, violation.message});
      where.clear();
    }
    if (record.violations.empty()) rows.push_back({where, "", "refused without a reason"});
  }
  return rows;
}

}  // namespace

void print_summary(std::ostream& out, const Tally& tally,
                   const std::vector<RefusedRecord>& refused) {
  const auto rows = to_rows(refused);
  if (!rows.empty()) {
    std::size_t where_width = 6;
    std::size_t field_width = 5;
    for (const auto& row : rows) {
      where_width = std::max(where_width, row.where.size());
      field_width = std::max(field_width, row.field_path.size());
    }
    out << fmt::format("{:<{}}  {:<{}}  {}\n", "record", where_width, "field", field_width,
                       "reason");
    for (std::size_t i = 0; i < std::min(rows.size(), kRowsShown); ++i)
      out << fmt::format("{:<{}}  {:<{}}  {}\n", rows[i].where, where_width, rows[i].field_path,
                         field_width, rows[i].message);
    if (rows.size() > kRowsShown)
      out << fmt::format("… and {} more lines\n", rows.size() - kRowsShown);
  }
  out << fmt::format("{} records: {} accepted, {} duplicate, {} pending, {} refused\n",
                     tally.total(), tally.accepted, tally.duplicate, tally.pending, tally.refused);
}

}  // namespace kap::gateway::clinic_client

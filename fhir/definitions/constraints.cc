#include "fhir/definitions/constraints.h"

#include <algorithm>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_constraints);

namespace kap::fhir::definitions {
namespace {

struct Table {
  std::vector<std::string_view> paths;  // sorted, one for each constraint
  std::vector<ConstraintDef> constraints;
};

ConstraintLevel to_level(std::string_view text) {
  if (text == "error") return ConstraintLevel::kError;
  if (text == "warning") return ConstraintLevel::kWarning;
  if (text == "best-practice") return ConstraintLevel::kBestPractice;
  broken_table(text);
}

const Table& table() {
  static const Table instance = [] {
    Table made;
    for_each_row(KAP_EMBEDDED(r4_constraints), [&](std::string_view line) {
      made.paths.push_back(take(line, '\t'));
      made.constraints.push_back(parse_constraint(line));
    });
    return made;
  }();
  return instance;
}

}  // namespace

ConstraintDef parse_constraint(std::string_view cells) {
  ConstraintDef constraint;
  constraint.key = take(cells, '\t');
  constraint.level = to_level(take(cells, '\t'));
  constraint.expression = take(cells, '\t');
  constraint.human = cells;
  return constraint;
}

std::span<const ConstraintDef> constraints_at(std::string_view path) {
  const auto range = std::ranges::equal_range(table().paths, path);
  const auto first = static_cast<std::size_t>(range.begin() - table().paths.begin());
  return std::span(table().constraints).subspan(first, range.size());
}

}  // namespace kap::fhir::definitions

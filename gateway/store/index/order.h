#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/store/index/snapshot.h"

namespace kap::gateway::store {

/// What one version sorts by: for each key of `_sort` the smallest of its values (ascending) or the
/// largest (descending); nothing where it has none, which comes last either way.
struct SortRow {
  std::vector<std::optional<std::string>> keys;
  std::int64_t seq = 0;
};

[[nodiscard]] Result<SortRow> sort_row(Snapshot& snapshot, const VersionFacts& facts,
                                       std::span<const fhir::search::SortKey> keys);
/// Rows with equal keys are in the order of the commit sequence, so that no two are equal.
[[nodiscard]] bool comes_before(const SortRow& left, const SortRow& right,
                                std::span<const fhir::search::SortKey> keys);

/// The entry that decides where a version stands by that key; nullptr: none.
[[nodiscard]] const fhir::search::IndexEntry* deciding_entry(
    std::span<const fhir::search::IndexEntry> entries, const fhir::search::SortKey& key);

}  // namespace kap::gateway::store

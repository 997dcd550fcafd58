#include "gateway/store/index/order.h"

#include "gateway/store/index/entries.h"
#include "gateway/store/index/ordered.h"

namespace kap::gateway::store {
namespace {

using fhir::search::IndexEntry;
using fhir::search::SortKey;

SortEnd end_of(const SortKey& key) {
  return key.order == SortKey::Order::kAscending ? SortEnd::kLow : SortEnd::kHigh;
}

std::optional<std::string> extreme(const std::vector<IndexEntry>& entries, const SortKey& key) {
  const IndexEntry* entry = deciding_entry(entries, key);
  if (entry == nullptr) return std::nullopt;
  return sort_bytes(entry->value, end_of(key));
}

}  // namespace

const IndexEntry* deciding_entry(std::span<const IndexEntry> entries, const SortKey& key) {
  const bool ascending = key.order == SortKey::Order::kAscending;
  const IndexEntry* best = nullptr;
  std::string best_bytes;
  for (const auto& entry : entries) {
    if (entry.parameter != key.parameter->id || !is_sortable(entry.value)) continue;
    auto bytes = sort_bytes(entry.value, end_of(key));
    if (best != nullptr && (ascending ? bytes >= best_bytes : bytes <= best_bytes)) continue;
    best = &entry;
    best_bytes = std::move(bytes);
  }
  return best;
}

Result<SortRow> sort_row(Snapshot& snapshot, const VersionFacts& facts,
                         std::span<const SortKey> keys) {
  SortRow row{.keys = {}, .seq = facts.seq};
  std::optional<std::vector<IndexEntry>> entries;
  for (const auto& key : keys) {
    if (key.parameter->code == "_id") {
      row.keys.emplace_back(facts.id);
    } else if (key.parameter->code == "_lastUpdated") {
      std::string bytes;
      append_ordered(bytes, std::int64_t{facts.last_updated.time_since_epoch().count()});
      row.keys.emplace_back(std::move(bytes));
    } else {
      if (!entries.has_value()) {
        KAP_TRY(entries, snapshot.entries(facts.seq));
      }
      row.keys.push_back(extreme(*entries, key));
    }
  }
  return row;
}

bool comes_before(const SortRow& left, const SortRow& right, std::span<const SortKey> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& a = left.keys[i];
    const auto& b = right.keys[i];
    if (a == b) continue;
    if (!a.has_value()) return false;
    if (!b.has_value()) return true;
    return keys[i].order == SortKey::Order::kAscending ? *a < *b : *a > *b;
  }
  return left.seq < right.seq;
}

}  // namespace kap::gateway::store

#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/store/index/order.h"
#include "gateway/store/index/seq_set.h"
#include "gateway/store/index/snapshot.h"

namespace kap::gateway::store {

/// Goes through the versions of a type in the order of the first key of `_sort` without looking at
/// all of them: the index is in that order.
class SortWalk {
 public:
  /// Versions that the first key does not tell apart.
  struct Group {
    SeqSet seqs{};
    /// In the order of the whole `_sort` already: there is nothing more to compare.
    bool is_ordered = false;
    /// The terms that led here: a version of several values stands where the term of its deciding
    /// entry is, and is to be passed over at its others. Empty: every version comes once.
    std::vector<std::string> terms{};
  };

  virtual ~SortWalk() = default;
  /// Nothing: there are no more versions that have a value.
  [[nodiscard]] virtual Result<std::optional<Group>> next() = 0;
};

struct SortWalkOptions {
  std::span<const fhir::search::SortKey> keys;
  /// The row that the page before ended with.
  const SortRow* after = nullptr;
  /// What decides about `after` by the first key; nullptr for `_id` and `_lastUpdated`.
  const fhir::search::IndexEntry* after_entry = nullptr;
  /// A term that all matches carry, and where in the commit sequence they are.
  std::string driver;
  std::int64_t from = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
};

/// nullptr where the index is not in that order (references), or has too many orders to merge.
[[nodiscard]] Result<std::unique_ptr<SortWalk>> make_sort_walk(Snapshot& snapshot, TypeNumber type,
                                                               const SortWalkOptions& options);

}  // namespace kap::gateway::store

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/store/index/evaluation.h"
#include "gateway/store/index/order.h"
#include "gateway/store/query.h"

namespace kap::gateway::store {

struct SearchRow {
  SortRow order;
  VersionFacts facts;
};

struct SearchRows {
  std::vector<SearchRow> rows;           // of this page, in order
  std::optional<std::uint64_t> total{};  // as far as PageOptions::total asks for it
  bool has_more = false;
};

/// The rows of one page of a search over one type or several, after the version `last` (0: from the
/// beginning). A page costs what its rows cost: only a search whose order no index holds, or that
/// finds next to nothing among very many, looks at everything.
[[nodiscard]] Result<SearchRows> find_rows(Snapshot& snapshot, Evaluation& evaluation,
                                           const fhir::search::Query& query,
                                           const PageOptions& page, Sequence as_of,
                                           std::int64_t last);

}  // namespace kap::gateway::store

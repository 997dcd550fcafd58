#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/resource.h"

namespace kap::gateway::store {

using Deadline = std::chrono::steady_clock::time_point;

/// Which page is wanted, and what of it.
struct PageOptions {
  /// kIfCheap: exact where counting costs no more than the page itself, otherwise none.
  enum class Total : std::uint8_t { kNone, kIfCheap, kAccurate };
  enum class Rows : std::uint8_t { kResources, kNone };  // kNone: `_summary=count`, `_count=0`

  std::size_t count = limits::kSearchDefaultCount;
  std::string cursor{};  // what the page before gave as `next`; empty: the first page
  Total total = Total::kNone;
  Rows rows = Rows::kResources;
  Deadline deadline = Deadline::max();
};

/// A search that cannot exist without the predicates of a Permit. They hold for matches, included
/// resources, chained criteria and counts alike.
class Query {
 public:
  /// `criteria` must outlive the query.
  Query(const security::Permit& permit, const fhir::search::Query& criteria, PageOptions page = {})
      : predicates_(permit.predicates()), criteria_(&criteria), page_(std::move(page)) {}

  [[nodiscard]] const security::Predicates& predicates() const { return predicates_; }
  [[nodiscard]] const fhir::search::Query& criteria() const { return *criteria_; }
  [[nodiscard]] const PageOptions& page() const { return page_; }

 private:
  security::Predicates predicates_;
  const fhir::search::Query* criteria_;
  PageOptions page_;
};

struct SearchPage {
  Sequence as_of{};  // the same for every page of one search
  std::vector<StoredResource> matches{};
  std::vector<StoredResource> included{};
  std::optional<std::uint64_t> total{};  // exact, when asked for
  std::optional<std::string> next{};     // opaque and authenticated; nothing: this is the last page
};

struct HistoryPage {
  std::vector<StoredResource> versions{};  // newest first
  std::uint64_t total = 0;
  std::optional<std::string> next{};
};

}  // namespace kap::gateway::store

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

/// When it is worth reading index postings, and when looking at versions: what decides how a search
/// is answered, never what the answer is.
struct SearchEffort {
  /// Up to so many candidates it is quicker to look at each one's entries than to read postings.
  std::size_t few_candidates = 256;
  std::size_t probed_postings = 4'096;  // read to see whether a criterion leaves few candidates
  std::size_t probed_links = 512;       // resources that a chain may lead over likewise
  std::size_t sorted_rows = 1'000;      // up to so many candidates are counted unasked
  std::size_t looked_at = 10'000;  // versions on the way to a page before all of them are gathered
};

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
  SearchEffort effort{};
};

/// A search that cannot exist without the predicates of a Permit. They hold for matches, included
/// resources, chained criteria and counts alike; and so do its scopes: a type that none of them
/// lets read or search is as if there were no resource of it.
class Query {
 public:
  /// `criteria` must outlive the query.
  Query(const security::Permit& permit, const fhir::search::Query& criteria, PageOptions page = {})
      : permit_(permit), criteria_(&criteria), page_(std::move(page)) {}

  [[nodiscard]] const security::Permit& permit() const { return permit_; }
  [[nodiscard]] const security::Predicates& predicates() const { return permit_.predicates(); }
  [[nodiscard]] const fhir::search::Query& criteria() const { return *criteria_; }
  [[nodiscard]] const PageOptions& page() const { return page_; }

 private:
  security::Permit permit_;
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

/// A span of time, half open.
struct Period {
  Instant first{};
  Instant end{};
};

/// Which versions a history lists: those of one resource, of some types or of all.
struct HistoryScope {
  std::optional<std::vector<std::string>> types{};  // nothing: every type
  std::optional<ResourceId> id{};                   // with exactly one type
  std::optional<Instant> since{};                   // written then or later
  std::optional<Period> at{};                       // current at some point of it
};

/// A history that cannot exist without the predicates of a Permit. Uses count, cursor, rows, total
/// and deadline of the page.
class HistoryQuery {
 public:
  HistoryQuery(const security::Permit& permit, HistoryScope scope, PageOptions page = {})
      : predicates_(permit.predicates()), scope_(std::move(scope)), page_(std::move(page)) {}

  [[nodiscard]] const security::Predicates& predicates() const { return predicates_; }
  [[nodiscard]] const HistoryScope& scope() const { return scope_; }
  [[nodiscard]] const PageOptions& page() const { return page_; }

 private:
  security::Predicates predicates_;
  HistoryScope scope_;
  PageOptions page_;
};

struct HistoryPage {
  Sequence as_of{};                        // the same for every page of one history
  std::vector<StoredResource> versions{};  // newest first; a deletion is one, without a body
  /// Exact. Nothing: more versions than limits::kHistoryCounted would have to be looked at and no
  /// accurate total was asked for.
  std::optional<std::uint64_t> total{};
  std::optional<std::string> next{};
};

}  // namespace kap::gateway::store

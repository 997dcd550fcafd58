#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "fhir/base/bundle_limits.h"
#include "gateway/store/index/cursor.h"
#include "gateway/store/sqlite/backend.h"
#include "gateway/store/sqlite/rows.h"
#include "gateway/store/sqlite/version_walk.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::size_t kDeadlineInterval = 256;  // versions between two looks at the clock

Outcome not_found() {
  return {Category::kNotFound, IssueType::kNotFound, "there is no such resource"};
}

/// What a cursor belongs to.
std::string identity_of(const HistoryScope& scope) {
  std::string out = "history";
  const auto add = [&out](const std::string& part) {
    out.append(1, '\n').append(std::to_string(part.size())).append(1, ':').append(part);
  };
  const auto add_time = [&](Instant time) { add(std::to_string(time.time_since_epoch().count())); };
  if (scope.types.has_value()) {
    for (const auto& type : *scope.types) add(type);
  }
  add("id");
  if (scope.id.has_value()) add(scope.id->text());
  add("since");
  if (scope.since.has_value()) add_time(*scope.since);
  add("at");
  if (scope.at.has_value()) {
    add_time(scope.at->first);
    add_time(scope.at->end);
  }
  return out;
}

/// One history in the open read transaction of a connection.
class Listing {
 public:
  Listing(Database& database, const Dictionary& dictionary, const HistoryQuery& query)
      : database_(database),
        dictionary_(dictionary),
        query_(query),
        visibility_(query.predicates(), dictionary) {}

  /// The bounds that time sets; before anything else.
  Status prepare(Sequence as_of);
  /// kNotFound where the history is one resource's that is not seen.
  Status find_resource();
  /// At most `count` versions below `end`, and one more to know of.
  Result<std::vector<VersionRow>> page(std::int64_t end, std::size_t count);
  /// Nothing: too many to look at.
  Result<std::optional<std::uint64_t>> total();

 private:
  Result<std::unique_ptr<VersionWalk>> walk(std::int64_t end);
  /// The version, if it is to be listed.
  Result<std::optional<VersionRow>> listed(std::int64_t seq);
  [[nodiscard]] bool is_in_time(const VersionRow& row) const;
  Result<bool> is_visible(const VersionRow& row);
  Status count_look();

  Database& database_;
  const Dictionary& dictionary_;
  const HistoryQuery& query_;
  Visibility visibility_;
  Sequence as_of_;
  std::int64_t first_ = 0;     // the lowest place that can be listed
  std::int64_t end_ = 0;       // the place after the highest
  std::int64_t at_after_ = 0;  // with `at`: what was replaced before this place was over by then
  std::optional<std::int64_t> current_;
  std::size_t looks_ = 0;
};

Status Listing::prepare(Sequence as_of) {
  const auto& scope = query_.scope();
  as_of_ = as_of;
  end_ = as_of.value + 1;
  if (scope.since.has_value()) {
    KAP_TRY(first_, first_written_since(database_, scope.since->time_since_epoch().count()));
  }
  if (scope.at.has_value()) {
    KAP_TRY(const auto end,
            first_written_since(database_, scope.at->end.time_since_epoch().count()));
    end_ = std::min(end_, end);
    KAP_TRY(at_after_,
            first_written_since(database_, scope.at->first.time_since_epoch().count() + 1));
  }
  return {};
}

Status Listing::find_resource() {
  const auto& scope = query_.scope();
  if (!scope.id.has_value()) return {};
  if (!scope.types.has_value() || scope.types->size() != 1) return std::unexpected(not_found());
  const auto type = dictionary_.find(Dictionary::Space::kType, scope.types->front());
  if (!type.has_value()) return std::unexpected(not_found());
  KAP_TRY(current_, find_current(database_, *type, scope.id->text()));
  if (!current_.has_value()) return std::unexpected(not_found());
  KAP_TRY(const auto row, find_version(database_, dictionary_, *current_));
  if (!row.has_value() || !visibility_.shows(row->clinic, row->sensitivity, row->patient)) {
    return std::unexpected(not_found());
  }
  return {};
}

Result<std::unique_ptr<VersionWalk>> Listing::walk(std::int64_t end) {
  end = std::min(end, end_);
  if (current_.has_value()) {
    auto start = current_;
    if (end < end_) {  // a later page begins where the last one ended, not at the current version
      KAP_TRY(const auto row, find_version(database_, dictionary_, end));
      if (row.has_value() && row->id == query_.scope().id->text()) start = row->previous;
    }
    while (start.has_value() && *start >= end) {
      KAP_CHECK_OK(count_look());
      KAP_TRY(const auto row, find_version(database_, dictionary_, *start));
      start = row.has_value() ? row->previous : std::nullopt;
    }
    return std::make_unique<ResourceWalk>(database_, start);
  }
  const auto& types = query_.scope().types;
  std::vector<std::int64_t> numbers;
  if (!types.has_value()) {
    numbers = dictionary_.numbers(Dictionary::Space::kType);
  } else {
    for (const auto& type : *types) {
      const auto number = dictionary_.find(Dictionary::Space::kType, type);
      if (number.has_value()) numbers.push_back(*number);
    }
  }
  return std::make_unique<TypeWalk>(database_, visibility_.clinics(), numbers, first_, end);
}

bool Listing::is_in_time(const VersionRow& row) const {
  if (row.seq < first_ || row.seq >= end_) return false;
  if (!query_.scope().at.has_value() || !row.replaced_by.has_value()) return true;
  return *row.replaced_by >= at_after_ || *row.replaced_by > as_of_.value;
}

Result<bool> Listing::is_visible(const VersionRow& row) {
  if (!visibility_.shows(row.clinic, row.sensitivity, row.patient)) return false;
  // find_resource has judged the current version.
  if (!row.replaced_by.has_value() || current_.has_value()) return true;
  KAP_TRY(const auto seq, find_current(database_, row.type, row.id));
  if (!seq.has_value()) return false;
  KAP_TRY(const auto current, find_version(database_, dictionary_, *seq));
  return current.has_value() &&
         visibility_.shows(current->clinic, current->sensitivity, current->patient);
}

Status Listing::count_look() {
  if (++looks_ % kDeadlineInterval != 0) return {};
  if (std::chrono::steady_clock::now() < query_.page().deadline) return {};
  return fail(Category::kTimeout, IssueType::kTimeout,
              "the history took too long; ask for less, with _since or a smaller _count");
}

Result<std::optional<VersionRow>> Listing::listed(std::int64_t seq) {
  KAP_CHECK_OK(count_look());
  KAP_TRY(auto row, find_version(database_, dictionary_, seq));
  if (!row.has_value() || !is_in_time(*row)) return std::nullopt;
  KAP_TRY(const bool visible, is_visible(*row));
  if (!visible) return std::nullopt;
  return row;
}

Result<std::vector<VersionRow>> Listing::page(std::int64_t end, std::size_t count) {
  std::vector<VersionRow> rows;
  KAP_TRY(const auto versions, walk(end));
  while (rows.size() <= count) {
    KAP_TRY(const auto seq, versions->next());
    if (!seq.has_value() || *seq < first_) break;
    KAP_TRY(auto row, listed(*seq));
    if (row.has_value()) rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::optional<std::uint64_t>> Listing::total() {
  const bool counts_all = query_.page().total == PageOptions::Total::kAccurate;
  std::uint64_t total = 0;
  KAP_TRY(const auto versions, walk(std::numeric_limits<std::int64_t>::max()));
  for (std::size_t looked_at = 0;; ++looked_at) {
    KAP_TRY(const auto seq, versions->next());
    if (!seq.has_value() || *seq < first_) return total;
    if (!counts_all && looked_at >= limits::kHistoryCounted) return std::nullopt;
    KAP_TRY(const auto row, listed(*seq));
    if (row.has_value()) ++total;
  }
}

}  // namespace

Result<HistoryPage> Backend::history(const HistoryQuery& query) const {
  const auto& page = query.page();
  const auto identity = identity_of(query.scope());
  KAP_TRY(auto reader, search_readers_.lease(page.deadline));
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  Cursor cursor;
  if (page.cursor.empty()) {
    KAP_TRY(cursor.as_of, last_sequence(*reader));
    cursor.last.value = cursor.as_of.value + 1;
  } else {
    KAP_TRY(cursor, parse_cursor(page.cursor, identity, secret_));
  }
  Listing listing(*reader, dictionary_, query);
  KAP_CHECK_OK(listing.find_resource());
  KAP_CHECK_OK(listing.prepare(cursor.as_of));
  HistoryPage out{.as_of = cursor.as_of};
  KAP_TRY(out.total, listing.total());
  if (page.rows == PageOptions::Rows::kNone) return out;
  KAP_TRY(auto rows, listing.page(cursor.last.value, page.count));
  const bool more = rows.size() > page.count;
  if (more) rows.pop_back();
  for (const auto& row : rows) {
    KAP_TRY(auto resource, to_resource(*reader, dictionary_, row));
    out.versions.push_back(std::move(resource));
  }
  if (more && !rows.empty()) {
    out.next = encode_cursor({.as_of = cursor.as_of, .last = {rows.back().seq}}, identity, secret_);
  }
  return out;
}

}  // namespace kap::gateway::store::sqlite

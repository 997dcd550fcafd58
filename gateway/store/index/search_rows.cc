#include "gateway/store/index/search_rows.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "gateway/store/index/sort_walk.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;

constexpr std::size_t kDeadlineInterval = 256;
constexpr std::size_t kSortedAnyway = 64;  // candidates
/// How much dearer it is to pass by a version on a walk than to sort one more.
constexpr double kPassingCost = 2;
constexpr std::size_t kBatch = 256;

/// The row that the page before ended with.
struct After {
  SortRow row;
  std::optional<IndexEntry> entry;  // what decides about it by the first key
};

/// What one type gives to a page.
class TypeSearch {
 public:
  TypeSearch(Snapshot& snapshot, Evaluation& evaluation, const std::string& type,
             std::span<const Criterion> criteria, std::span<const SortKey> keys, Sequence as_of)
      : snapshot_(snapshot),
        evaluation_(evaluation),
        type_(type),
        criteria_(criteria),
        keys_(keys),
        as_of_(as_of) {}

  /// Up to one row more than the page takes, so that it shows whether there are more.
  Result<SearchRows> run(const PageOptions& page, std::size_t count,
                         const std::optional<After>& after) {
    after_ = after.has_value() ? &*after : nullptr;
    wanted_ = count + 1;
    effort_ = page.effort;
    const bool must_count = page.total == PageOptions::Total::kAccurate;
    KAP_TRY(plan_,
            must_count ? evaluation_.plan(type_, criteria_) : evaluation_.probe(type_, criteria_));
    is_counted_ =
        must_count || (page.total == PageOptions::Total::kIfCheap && !plan_.driver.has_value() &&
                       plan_.candidates.size() <= cheap_count());
    SearchRows out;
    if (plan_.driver.has_value()) {
      KAP_TRY(const bool filled, fill_by_index());
      if (!filled) {
        rows_.clear();
        KAP_TRY(plan_, evaluation_.plan(type_, criteria_));
        KAP_CHECK_OK(fill_from_candidates());
      }
    } else {
      KAP_CHECK_OK(fill_from_candidates());
    }
    out.rows = std::move(rows_);
    if (is_counted_) {
      out.total = total_;
    } else if (page.total == PageOptions::Total::kIfCheap && after_ == nullptr &&
               out.rows.size() < wanted_ && !count_is_zero()) {
      out.total = out.rows.size();  // the page is all there is
    }
    return out;
  }

 private:
  bool is_after(const SortRow& row) const {
    return after_ == nullptr || comes_before(after_->row, row, keys_);
  }
  bool is_full() const { return rows_.size() >= wanted_; }

  /// Candidates that are counted unasked: more where no more is asked of each than to be visible.
  std::size_t cheap_count() const {
    return plan_.open.empty() ? effort_.sorted_rows : effort_.few_candidates;
  }

  Status fill_from_candidates() {
    if (count_is_zero() || keys_.empty()) return fill_in_sequence();
    if (!is_worth_walking()) return fill_sorted(plan_.candidates);
    KAP_TRY(const bool filled, fill_by_walk());
    if (!filled) {
      rows_.clear();
      return fill_sorted(plan_.candidates);
    }
    return is_counted_ ? count_candidates() : Status();
  }

  bool count_is_zero() const { return wanted_ == 1; }

  /// A walk passes by what is no candidate: of all versions there are, at worst, one in so many is.
  bool is_worth_walking() const {
    const double candidates = static_cast<double>(plan_.candidates.size());
    const double passed_by = static_cast<double>(wanted_) * static_cast<double>(as_of_.value);
    return plan_.candidates.size() > std::min(effort_.sorted_rows, kSortedAnyway) &&
           passed_by * kPassingCost < candidates * candidates;
  }

  Status count_candidates() {
    total_ = 0;
    std::size_t looked_at = 0;
    for (const auto seq : plan_.candidates) {
      if (++looked_at % kDeadlineInterval == 0) KAP_CHECK_OK(evaluation_.check_deadline());
      KAP_TRY(const auto facts, evaluation_.accept(plan_, seq));
      total_ += facts.has_value() ? 1 : 0;
    }
    return {};
  }

  /// In the order of the commit sequence; stops early unless everything is to be counted.
  Status fill_in_sequence() {
    const std::int64_t last = after_ == nullptr ? 0 : after_->row.seq;
    auto at = plan_.candidates.begin();
    if (!is_counted_) at = std::ranges::upper_bound(plan_.candidates, last);
    std::size_t looked_at = 0;
    for (; at != plan_.candidates.end() && (is_counted_ || !is_full()); ++at) {
      if (++looked_at % kDeadlineInterval == 0) KAP_CHECK_OK(evaluation_.check_deadline());
      KAP_TRY(auto facts, evaluation_.accept(plan_, *at));
      if (!facts.has_value()) continue;
      ++total_;
      if (*at > last && !is_full())
        rows_.push_back({.order = {.keys = {}, .seq = *at}, .facts = std::move(*facts)});
    }
    return {};
  }

  Status fill_sorted(const SeqSet& candidates) {
    std::vector<SearchRow> all;
    std::size_t looked_at = 0;
    total_ = 0;
    for (const auto seq : candidates) {
      if (++looked_at % kDeadlineInterval == 0) KAP_CHECK_OK(evaluation_.check_deadline());
      KAP_TRY(auto facts, evaluation_.accept(plan_, seq));
      if (!facts.has_value()) continue;
      ++total_;
      KAP_TRY(auto row, sort_row(snapshot_, *facts, keys_));
      if (is_after(row)) all.push_back({.order = std::move(row), .facts = std::move(*facts)});
    }
    append_sorted(std::move(all));
    return {};
  }

  void append_sorted(std::vector<SearchRow> all) {
    const auto before = [this](const SearchRow& left, const SearchRow& right) {
      return comes_before(left.order, right.order, keys_);
    };
    const std::size_t room = wanted_ - std::min(wanted_, rows_.size());
    const std::size_t taken = std::min(room, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(taken), before);
    all.resize(taken);
    std::ranges::move(all, std::back_inserter(rows_));
  }

  /// False: the page is not full and there may be more that was not looked at.
  Result<bool> fill_by_index() {
    if (!keys_.empty()) return fill_by_walk();
    std::int64_t last = after_ == nullptr ? 0 : after_->row.seq;
    last = std::max(last, plan_.range.from - 1);
    for (std::size_t looked_at = 0; looked_at < effort_.looked_at;) {
      KAP_CHECK_OK(evaluation_.check_deadline());
      KAP_TRY(const auto seqs, snapshot_.carriers(*plan_.driver, last, kBatch));
      for (const auto seq : seqs) {
        if (seq >= plan_.range.end) return true;
        KAP_TRY(auto facts, evaluation_.accept(plan_, seq));
        if (!facts.has_value()) continue;
        rows_.push_back({.order = {.keys = {}, .seq = seq}, .facts = std::move(*facts)});
        if (is_full()) return true;
      }
      looked_at += seqs.size();
      if (seqs.size() < kBatch) return true;
      last = seqs.back();
    }
    return false;
  }

  bool is_candidate(std::int64_t seq) const {
    return plan_.driver.has_value() || std::ranges::binary_search(plan_.candidates, seq);
  }

  /// In the order of the index. False as in fill_by_index.
  Result<bool> fill_by_walk() {
    if (after_ != nullptr && !after_->row.keys.front().has_value()) return fill_without_value();
    const SortWalkOptions options{
        .keys = keys_,
        .after = after_ == nullptr ? nullptr : &after_->row,
        .after_entry = after_ != nullptr && after_->entry ? &*after_->entry : nullptr,
        .driver = plan_.driver.value_or(type_term(plan_.type)),
        .from = plan_.range.from,
        .end = plan_.range.end};
    KAP_TRY(const auto walk, make_sort_walk(snapshot_, plan_.type, options));
    if (walk == nullptr) return false;
    std::size_t looked_at = 0;
    while (!is_full()) {
      KAP_CHECK_OK(evaluation_.check_deadline());
      KAP_TRY(const auto group, walk->next());
      if (!group.has_value()) return fill_without_value();
      looked_at += group->seqs.size() + 1;
      if (looked_at > effort_.looked_at) return false;
      KAP_CHECK_OK(take(*group));
    }
    return true;
  }

  Status take(const SortWalk::Group& group) {
    std::vector<SearchRow> found;
    for (const auto seq : group.seqs) {
      if (group.is_ordered && is_full()) return {};
      if (!is_candidate(seq)) continue;
      KAP_TRY(auto facts, evaluation_.accept(plan_, seq));
      if (!facts.has_value()) continue;
      KAP_TRY(const bool is_here, stands_in(*facts, group));
      if (!is_here) continue;
      KAP_TRY(auto row, sort_row(snapshot_, *facts, keys_));
      if (!is_after(row)) continue;
      auto& target = group.is_ordered ? rows_ : found;
      target.push_back({.order = std::move(row), .facts = std::move(*facts)});
    }
    append_sorted(std::move(found));
    return {};
  }

  /// A version of several values stands where the one that decides does.
  Result<bool> stands_in(const VersionFacts& facts, const SortWalk::Group& group) {
    if (group.terms.empty()) return true;
    KAP_TRY(const auto entries, snapshot_.entries(facts.seq));
    const auto* entry = deciding_entry(entries, keys_.front());
    if (entry == nullptr) return false;
    const auto term = term_of(facts.type, entry->parameter, entry->value);
    return std::ranges::find(group.terms, term) != group.terms.end();
  }

  /// What has no value of the first key comes last.
  Result<bool> fill_without_value() {
    const auto* first = keys_.front().parameter;
    if (first->code == "_id" || first->code == "_lastUpdated") return true;
    if (plan_.driver.has_value()) {
      KAP_TRY(plan_, evaluation_.plan(type_, criteria_));
    }
    KAP_TRY(const auto valued, evaluation_.find_terms(all_terms(plan_.type, first->id)));
    auto rest = difference(plan_.candidates, valued);
    // What has a text alone has no value to sort by.
    for (const auto& range : unsortable_terms(plan_.type, first->id)) {
      KAP_TRY(const auto texts, evaluation_.find_terms(range));
      const auto both = intersection(plan_.candidates, texts);
      rest.insert(rest.end(), both.begin(), both.end());
    }
    normalize(rest);
    KAP_TRY(const auto tail, only_without_value(rest));
    const auto total = total_;
    KAP_CHECK_OK(fill_sorted(tail));
    total_ = total;
    return true;
  }

  Result<SeqSet> only_without_value(const SeqSet& seqs) {
    SeqSet out;
    std::size_t looked_at = 0;
    for (const auto seq : seqs) {
      if (++looked_at % kDeadlineInterval == 0) KAP_CHECK_OK(evaluation_.check_deadline());
      KAP_TRY(const auto facts, snapshot_.visible(seq));
      if (!facts.has_value()) continue;
      KAP_TRY(const auto entries, snapshot_.entries(seq));
      if (deciding_entry(entries, keys_.front()) == nullptr) out.push_back(seq);
    }
    return out;
  }

  Snapshot& snapshot_;
  Evaluation& evaluation_;
  const std::string& type_;
  std::span<const Criterion> criteria_;
  std::span<const SortKey> keys_;
  Sequence as_of_;
  const After* after_ = nullptr;
  std::size_t wanted_ = 1;
  SearchEffort effort_;
  Evaluation::Plan plan_;
  bool is_counted_ = false;
  std::vector<SearchRow> rows_;
  std::uint64_t total_ = 0;
};

/// The keys of the type that a version is of.
std::span<const SortKey> keys_of(const fhir::search::Query& query, std::string_view type) {
  for (const auto& other : query.others)
    if (other.type == type) return other.sort;
  return query.sort;
}

/// Where the page before ended. The row may no longer be visible: its values still say where.
Result<std::optional<After>> find_after(Snapshot& snapshot, const fhir::search::Query& query,
                                        std::int64_t last) {
  if (last == 0) return std::nullopt;
  KAP_TRY(const auto facts, snapshot.facts(last));
  const auto keys = keys_of(query, snapshot.type_name(facts.type));
  After after;
  KAP_TRY(after.row, sort_row(snapshot, facts, keys));
  if (!keys.empty()) {
    KAP_TRY(const auto entries, snapshot.entries(last));
    if (const auto* entry = deciding_entry(entries, keys.front())) after.entry = *entry;
  }
  return after;
}

}  // namespace

Result<SearchRows> find_rows(Snapshot& snapshot, Evaluation& evaluation,
                             const fhir::search::Query& query, const PageOptions& page,
                             Sequence as_of, std::int64_t last) {
  KAP_TRY(const auto after, find_after(snapshot, query, last));
  const std::size_t count = page.rows == PageOptions::Rows::kNone ? 0 : page.count;
  TypeSearch first(snapshot, evaluation, query.type, query.criteria, query.sort, as_of);
  KAP_TRY(SearchRows out, first.run(page, count, after));
  for (const auto& other : query.others) {
    KAP_CHECK_OK(evaluation.check_deadline());
    TypeSearch search(snapshot, evaluation, other.type, other.criteria, other.sort, as_of);
    KAP_TRY(SearchRows more, search.run(page, count, after));
    if (out.total.has_value() && more.total.has_value()) {
      *out.total += *more.total;
    } else {
      out.total.reset();
    }
    std::vector<SearchRow> merged;
    std::ranges::merge(std::move_iterator(out.rows.begin()), std::move_iterator(out.rows.end()),
                       std::move_iterator(more.rows.begin()), std::move_iterator(more.rows.end()),
                       std::back_inserter(merged),
                       [&](const SearchRow& left, const SearchRow& right) {
                         return comes_before(left.order, right.order, query.sort);
                       });
    out.rows = std::move(merged);
    if (out.rows.size() > count + 1) out.rows.resize(count + 1);
  }
  out.has_more = out.rows.size() > count;
  if (out.has_more) out.rows.resize(count);
  if (count == 0) out.has_more = false;
  return out;
}

}  // namespace kap::gateway::store

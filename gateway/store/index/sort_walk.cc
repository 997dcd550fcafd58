#include "gateway/store/index/sort_walk.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <utility>

#include "gateway/store/index/ordered.h"
#include "gateway/store/index/term_layout.h"
#include "gateway/store/index/term_stream.h"

namespace kap::gateway::store {
namespace {

using fhir::search::SortKey;
using Direction = Snapshot::Direction;
using term_layout::kHeaderBytes;
using term_layout::kTextBytes;

constexpr std::size_t kBatch = 256;
constexpr std::size_t kGroup = 20'000;  // versions of one group that are read before it is given up

Direction direction_of(const SortKey& key) {
  return key.order == SortKey::Order::kAscending ? Direction::kForward : Direction::kBackward;
}

/// By the terms of a parameter. Several streams of terms are merged; where a term does not tell
/// exactly where it stands (the end of a period), what it may stand behind is read first.
class TermWalk final : public SortWalk {
 public:
  TermWalk(Snapshot& snapshot, std::vector<TermStream> streams, const SortWalkOptions& options)
      : snapshot_(snapshot),
        streams_(std::move(streams)),
        ascending_(options.keys.front().order == SortKey::Order::kAscending),
        is_single_key_(options.keys.size() == 1) {
    if (options.after == nullptr) return;
    after_seq_ = options.after->seq;
    after_key_ = options.after->keys.front();
  }

  Result<std::optional<Group>> next() override {
    if (terms_.empty()) {
      KAP_CHECK_OK(next_terms());
      if (terms_.empty()) return std::nullopt;
    }
    // A text that was cut stands for several values.
    const bool is_exact = terms_.front().size() < kHeaderBytes + kTextBytes;
    if (is_single_key_ && terms_.size() == 1 && is_exact) return next_part();
    Group group{.terms = std::exchange(terms_, {})};
    for (const auto& term : group.terms) {
      KAP_TRY(const auto seqs, snapshot_.carriers(term, 0, kGroup));
      group.seqs.insert(group.seqs.end(), seqs.begin(), seqs.end());
      if (group.seqs.size() >= kGroup) break;  // the caller gives up
    }
    normalize(group.seqs);
    return group;
  }

 private:
  /// A part of what carries the one term, in the order of the commit sequence.
  Result<std::optional<Group>> next_part() {
    KAP_TRY(auto seqs, snapshot_.carriers(terms_.front(), part_after_, kBatch));
    Group group{.seqs = std::move(seqs), .is_ordered = true, .terms = terms_};
    if (group.seqs.size() < kBatch) {
      terms_.clear();
      part_after_ = 0;
    } else {
      part_after_ = group.seqs.back();
    }
    return group;
  }

  bool better(const std::string& left, const std::string& right) const {
    return ascending_ ? left < right : left > right;
  }

  /// The terms of the next value.
  Status next_terms() {
    for (;;) {
      TermStream* best = nullptr;
      for (auto& stream : streams_) {
        KAP_CHECK_OK(stream.fill(snapshot_));
        if (stream.is_empty()) continue;
        if (best == nullptr || better(stream.bound(), best->bound())) best = &stream;
      }
      const bool is_settled =
          !waiting_.empty() && (best == nullptr || better(first_waiting(), best->bound()));
      if (best == nullptr || is_settled) break;
      waiting_[best->key()].push_back(best->take());
    }
    if (waiting_.empty()) return {};
    const auto at = ascending_ ? waiting_.begin() : std::prev(waiting_.end());
    // The rest of a group whose first versions stood on the page before.
    const bool is_resumed = after_key_.has_value() && at->first == *after_key_;
    terms_ = std::move(at->second);
    part_after_ = is_resumed ? after_seq_ : 0;
    waiting_.erase(at);
    return {};
  }

  const std::string& first_waiting() const {
    return ascending_ ? waiting_.begin()->first : std::prev(waiting_.end())->first;
  }

  Snapshot& snapshot_;
  std::vector<TermStream> streams_;
  bool ascending_;
  bool is_single_key_;
  std::int64_t after_seq_ = 0;
  std::optional<std::string> after_key_;
  std::map<std::string, std::vector<std::string>> waiting_;
  std::vector<std::string> terms_;
  std::int64_t part_after_ = 0;
};

class IdWalk final : public SortWalk {
 public:
  IdWalk(Snapshot& snapshot, TypeNumber type, const SortWalkOptions& options)
      : snapshot_(snapshot), type_(type), direction_(direction_of(options.keys.front())) {
    if (options.after != nullptr) last_ = options.after->keys.front().value_or("");
  }

  Result<std::optional<Group>> next() override {
    if (is_done_) return std::nullopt;
    KAP_TRY(const auto rows, snapshot_.ids(type_, last_, direction_, kBatch));
    is_done_ = rows.size() < kBatch;
    Group group{.seqs = {}, .is_ordered = true};
    // The page before may have ended with another type's resource of the same id.
    const bool is_first = std::exchange(is_first_, false);
    for (const auto& row : rows)
      if (row.seq.has_value() && (is_first || row.id != last_)) group.seqs.push_back(*row.seq);
    if (!rows.empty()) last_ = rows.back().id;
    return group;
  }

 private:
  Snapshot& snapshot_;
  TypeNumber type_;
  Direction direction_;
  std::string last_;
  bool is_first_ = true;
  bool is_done_ = false;
};

/// By `_lastUpdated`, which never falls along the commit sequence.
class TimeWalk final : public SortWalk {
 public:
  TimeWalk(Snapshot& snapshot, const SortWalkOptions& options)
      : snapshot_(snapshot),
        driver_(options.driver),
        is_forward_(direction_of(options.keys.front()) == Direction::kForward) {
    from_ = options.from;
    end_ = options.end;
    position_ = is_forward_ ? from_ - 1 : end_;
    if (options.after == nullptr) return;
    position_ = options.after->seq;
    after_moment_ = options.after->keys.front();
  }

  Result<std::optional<Group>> next() override {
    if (!is_forward_ && after_moment_.has_value()) {
      KAP_CHECK_OK(find_start());
      position_ = std::min(position_, end_);
    }
    Group group;
    std::optional<Instant> moment;
    for (std::size_t looked_at = 0; looked_at < kGroup; ++looked_at) {
      if (waiting_.empty()) {
        KAP_CHECK_OK(refill());
        if (waiting_.empty()) {
          if (group.seqs.empty()) return std::nullopt;
          break;
        }
      }
      KAP_TRY(const auto facts, snapshot_.visible(waiting_.front()));
      if (facts.has_value()) {
        if (moment.has_value() && facts->last_updated != *moment) break;
        moment = facts->last_updated;
        group.seqs.push_back(facts->seq);
      }
      position_ = waiting_.front();
      waiting_.pop_front();
    }
    normalize(group.seqs);
    return group;
  }

 private:
  Status refill() {
    KAP_TRY(const auto seqs, is_forward_ ? snapshot_.carriers(driver_, position_, kBatch)
                                         : snapshot_.carriers_before(driver_, position_, kBatch));
    for (const auto seq : seqs)
      if (seq >= from_ && seq < end_) waiting_.push_back(seq);
    return {};
  }

  /// Versions of one moment stand in the order of the commit sequence: the rest of the group that
  /// the page before ended in lies above its last row.
  Status find_start() {
    const std::string moment = *std::exchange(after_moment_, std::nullopt);
    for (;;) {
      KAP_TRY(const auto seqs, snapshot_.carriers(driver_, position_, kBatch));
      if (seqs.empty()) {
        ++position_;
        return {};
      }
      for (const auto seq : seqs) {
        KAP_TRY(const auto facts, snapshot_.visible(seq));
        std::string bytes;
        if (facts.has_value())
          append_ordered(bytes, std::int64_t{facts->last_updated.time_since_epoch().count()});
        position_ = seq;
        if (facts.has_value() && bytes != moment) return {};
      }
    }
  }

  Snapshot& snapshot_;
  std::string driver_;
  bool is_forward_;
  std::int64_t from_ = 0;
  std::int64_t end_ = 0;
  std::int64_t position_ = 0;
  std::optional<std::string> after_moment_;
  std::deque<std::int64_t> waiting_;
};

}  // namespace

Result<std::unique_ptr<SortWalk>> make_sort_walk(Snapshot& snapshot, TypeNumber type,
                                                 const SortWalkOptions& options) {
  const SortKey& key = options.keys.front();
  if (key.parameter->code == "_id") return std::make_unique<IdWalk>(snapshot, type, options);
  if (key.parameter->code == "_lastUpdated") return std::make_unique<TimeWalk>(snapshot, options);
  KAP_TRY(auto streams, make_term_streams(snapshot, type, key, options.after_entry));
  if (streams.empty()) return nullptr;
  return std::make_unique<TermWalk>(snapshot, std::move(streams), options);
}

}  // namespace kap::gateway::store

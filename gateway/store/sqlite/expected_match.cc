#include "gateway/store/sqlite/expected_match.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "fhir/definitions/search_parameters.h"
#include "fhir/search/match.h"
#include "gateway/store/index/evaluation.h"
#include "gateway/store/sqlite/snapshot.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kWithin{500};
constexpr std::size_t kDeadlineInterval = 256;  // candidates between two looks at the clock

/// More new versions than this are not looked at one by one.
constexpr std::int64_t kFewVersions = 256;

/// Whether the resource alone decides, by its entries.
bool is_plain(const fhir::search::Criterion& criterion) {
  using fhir::definitions::SearchType;
  using fhir::search::Criterion;
  using fhir::search::Modifier;
  if (criterion.direction != Criterion::Direction::kPlain || criterion.parameter == nullptr ||
      (criterion.modifier != Modifier::kNone && criterion.modifier != Modifier::kExact)) {
    return false;
  }
  switch (criterion.parameter->type) {
    case SearchType::kToken:
    case SearchType::kString:
    case SearchType::kReference:
    case SearchType::kDate:
    case SearchType::kUri:
      return true;
    default:
      return false;
  }
}

/// Counts matches as far as they matter.
class Matches {
 public:
  explicit Matches(const std::optional<ResourceId>& wanted) : wanted_(wanted) {}
  /// False: this one should not be there.
  bool add(const std::string& id) {
    if (is_found_ || !wanted_.has_value() || id != wanted_->text()) return false;
    is_found_ = true;
    return true;
  }
  [[nodiscard]] bool is_found() const { return is_found_; }
  [[nodiscard]] bool hold() const { return is_found_ == wanted_.has_value(); }

 private:
  const std::optional<ResourceId>& wanted_;
  bool is_found_ = false;
};

/// From what was written after `as_of`; nothing: that does not decide it.
Result<std::optional<bool>> holds_since(SqliteSnapshot& snapshot, const ExpectedMatch& expected,
                                        Sequence last) {
  if (!expected.as_of.has_value()) return std::nullopt;
  const auto as_of = expected.as_of->value;
  if (as_of == last.value) return true;
  if (last.value - as_of > kFewVersions ||
      !std::ranges::all_of(expected.criteria.criteria, is_plain)) {
    return std::nullopt;
  }
  const auto type = snapshot.type_number(expected.criteria.type);
  if (!type.has_value()) return !expected.id.has_value();
  Matches matches(expected.id);
  for (auto seq = as_of + 1; seq <= last.value; ++seq) {
    KAP_TRY(const auto facts, snapshot.visible(seq));
    if (!facts.has_value() || facts->type != *type) continue;
    KAP_TRY(const auto entries, snapshot.entries(seq));
    const fhir::search::Candidate candidate{
        .id = facts->id, .last_updated = facts->last_updated, .entries = entries};
    if (fhir::search::matches(candidate, expected.criteria) && !matches.add(facts->id))
      return false;
  }
  if (!expected.id.has_value() || matches.is_found()) return matches.hold();
  // What matched then matches still, unless it was written since.
  KAP_TRY(const auto current, snapshot.find(*type, expected.id->text()));
  return current.has_value() && *current <= as_of;
}

Result<bool> holds_anew(SqliteSnapshot& snapshot, const ExpectedMatch& expected) {
  Evaluation evaluation(snapshot, std::chrono::steady_clock::now() + kWithin);
  KAP_TRY(const auto plan, evaluation.plan(expected.criteria.type, expected.criteria.criteria));
  Matches matches(expected.id);
  std::size_t looked_at = 0;
  for (const auto seq : plan.candidates) {
    if (++looked_at % kDeadlineInterval == 0) KAP_CHECK_OK(evaluation.check_deadline());
    KAP_TRY(const auto facts, evaluation.accept(plan, seq));
    if (facts.has_value() && !matches.add(facts->id)) return false;
  }
  return matches.hold();
}

}  // namespace

Result<bool> holds_match(Database& database, const Dictionary& dictionary,
                         const ExpectedMatch& expected, Sequence last) {
  if (!expected.permit.has_value()) return !expected.id.has_value();
  const Visibility visibility(expected.permit->predicates(), dictionary);
  SqliteSnapshot snapshot(database, dictionary, visibility, last, &*expected.permit);
  KAP_TRY(const auto decided, holds_since(snapshot, expected, last));
  if (decided.has_value()) return *decided;
  return holds_anew(snapshot, expected);
}

}  // namespace kap::gateway::store::sqlite

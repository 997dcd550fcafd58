#include "gateway/store/sqlite/expected_match.h"

#include <chrono>
#include <cstddef>

#include "gateway/store/index/evaluation.h"
#include "gateway/store/sqlite/snapshot.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kWithin{500};
constexpr std::size_t kDeadlineInterval = 256;  // candidates between two looks at the clock

}  // namespace

Result<bool> holds_match(Database& database, const Dictionary& dictionary,
                         const ExpectedMatch& expected, Sequence last) {
  const Visibility visibility(expected.predicates, dictionary);
  SqliteSnapshot snapshot(database, dictionary, visibility, last);
  Evaluation evaluation(snapshot, std::chrono::steady_clock::now() + kWithin);
  KAP_TRY(const auto plan, evaluation.plan(expected.criteria.type, expected.criteria.criteria));
  bool found = false;
  std::size_t looked_at = 0;
  for (const auto seq : plan.candidates) {
    if (++looked_at % kDeadlineInterval == 0) KAP_CHECK_OK(evaluation.check_deadline());
    KAP_TRY(const auto facts, evaluation.accept(plan, seq));
    if (!facts.has_value()) continue;
    if (found || !expected.id.has_value() || facts->id != expected.id->text()) return false;
    found = true;
  }
  return found == expected.id.has_value();
}

}  // namespace kap::gateway::store::sqlite

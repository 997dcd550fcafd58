// What `_lastUpdated` says about the place in the commit sequence: it never falls along it.

#include <algorithm>
#include <limits>
#include <variant>

#include "gateway/store/index/evaluation.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

/// Times that can match, half open; the criterion itself decides.
struct Times {
  std::int64_t from = kFirst;
  std::int64_t end = kLast;
};

Times times_of(const DateValue& value) {
  switch (value.prefix) {
    case Prefix::kEq:
    case Prefix::kAp:
      return {.from = value.low, .end = value.high};
    case Prefix::kGt:
    case Prefix::kGe:
    case Prefix::kSa:
      return {.from = value.low};
    case Prefix::kLt:
    case Prefix::kLe:
    case Prefix::kEb:
      return {.end = value.high};
    case Prefix::kNe:
      break;
  }
  return {};
}

/// Of all values together: they are joined by OR.
Times times_of(const Criterion& criterion) {
  Times all{.from = kLast, .end = kFirst};
  for (const auto& value : criterion.values) {
    const auto* date = std::get_if<DateValue>(&value);
    const Times one = date == nullptr ? Times{} : times_of(*date);
    all.from = std::min(all.from, one.from);
    all.end = std::max(all.end, one.end);
  }
  return all;
}

}  // namespace

Result<Evaluation::SeqRange> Evaluation::range_of(std::span<const Criterion> criteria) {
  Times times;
  for (const auto& criterion : criteria) {
    if (criterion.direction != Criterion::Direction::kPlain ||
        criterion.parameter->code != "_lastUpdated" || criterion.modifier != Modifier::kNone)
      continue;
    const Times one = times_of(criterion);
    times.from = std::max(times.from, one.from);
    times.end = std::min(times.end, one.end);
  }
  SeqRange range;
  if (times.from != kFirst) {
    KAP_TRY(range.from, snapshot_.first_since(Instant(std::chrono::milliseconds(times.from))));
  }
  if (times.end != kLast) {
    KAP_TRY(range.end, snapshot_.first_since(Instant(std::chrono::milliseconds(times.end))));
  }
  return range;
}

}  // namespace kap::gateway::store

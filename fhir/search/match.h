#pragma once

#include <span>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {

/// The reference semantics: what every backend must answer. Tests compare backends with it.
///
/// String: the normalized entry begins with the normalized value; :exact, the same text;
///   :contains, the normalized entry contains it.
/// Token: codes equal (case matters) or the value has none; systems equal, or the value asks for
///   none and the entry has none, or the value leaves it open. :text, what is read contains the
///   value; :in, one of the value set's codes (a token without system, by its code alone); :above
///   and :below likewise, of the code's ancestors or descendants and itself; :of-type, system and
///   code of the identifier's type and its value, each the same.
/// Reference: ids equal and types equal where the value has one; or URLs equal and, where the value
///   has one, versions; :below, the entry's version continues the value's after `.`; :above the
///   other way.
/// Date [l, h) against the value's [L, H): eq L ≤ l and h ≤ H; ne not eq; gt h > H; lt l < L;
///   ge gt or eq; le lt or eq; sa l ≥ H; eb h ≤ L; ap they overlap.
/// Number and quantity [l, h] against value v spanning [L, H): eq L ≤ l and h < H; ne not eq;
///   gt h > v; lt l < v; ge h ≥ v; le l ≤ v; sa l > v; eb h < v; ap L ≤ h and l ≤ H. A quantity's
///   system and code must agree where the value has them (code against code or unit); in place of
///   that, canonical values of the same base units compare.
/// Uri: equal; :below, equal or the entry continues the value after `/`; :above the other way.
/// A date without zone, here and there, is UTC.
[[nodiscard]] bool matches(const IndexEntry& entry, const Value& value,
                           Modifier modifier = Modifier::kNone);

/// What a criterion sees of one resource. `id` and `last_updated` stand for `_id`, `_lastUpdated`.
struct Candidate {
  std::string_view id{};
  Instant last_updated{};
  std::span<const IndexEntry> entries{};
};

/// Some entry matches some value; :not and :not-in, none does; :missing as asked; composite, all
/// components within one group. Chained criteria, and :above and :below on references by id, cannot
/// be answered from one resource: false.
[[nodiscard]] bool matches(const Candidate& candidate, const Criterion& criterion);
/// Every criterion is fulfilled.
[[nodiscard]] bool matches(const Candidate& candidate, const Query& query);

}  // namespace kap::fhir::search

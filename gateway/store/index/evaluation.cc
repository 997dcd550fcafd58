#include "gateway/store/index/evaluation.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "fhir/search/match.h"
#include "gateway/store/index/postings.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;
using fhir::definitions::SearchParameterDef;
using fhir::definitions::SearchType;

/// Reading so many versions from postings costs as much as looking at one candidate.
constexpr std::size_t kPostingsPerCandidate = 16;
constexpr std::size_t kFirstLook = 128;
constexpr std::size_t kDeadlineInterval = 256;  // rows between two looks at the clock

bool is_column(const SearchParameterDef& parameter) {
  return parameter.code == "_id" || parameter.code == "_lastUpdated";
}

bool is_plain_id(const Criterion& criterion) {
  return criterion.direction == Criterion::Direction::kPlain &&
         criterion.parameter->code == "_id" && criterion.modifier == Modifier::kNone;
}

bool excludes(const Criterion& criterion) {
  return is_negated(criterion.modifier) ||
         (criterion.modifier == Modifier::kMissing && criterion.missing);
}

/// What is likely to leave few candidates comes first.
int cost_of(const Criterion& criterion) {
  if (is_plain_id(criterion)) return 0;
  if (criterion.direction == Criterion::Direction::kAnyOf) return 1;
  if (criterion.is_chained()) return 3;
  if (criterion.modifier == Modifier::kMissing || is_negated(criterion.modifier)) return 6;
  if (is_column(*criterion.parameter)) return 7;
  switch (criterion.parameter->type) {
    case SearchType::kReference:
      return 1;
    case SearchType::kToken:
      return criterion.modifier == Modifier::kText || criterion.modifier == Modifier::kIn ? 5 : 2;
    case SearchType::kComposite:
    case SearchType::kUri:
      return 2;
    case SearchType::kString:
      return criterion.modifier == Modifier::kContains ? 5 : 2;
    default:
      return 4;
  }
}

Outcome corrupt() {
  return {Category::kInternal, IssueType::kException, "a row of the search index is damaged"};
}

Value to_value(const SimpleValue& value) {
  return std::visit([](const auto& one) { return Value(one); }, value);
}

TermRange exactly(std::string term) {
  auto end = term + '\0';
  return {.first = std::move(term), .end = std::move(end)};
}

/// The one term that every match of the criterion carries, where there is one.
std::optional<std::string> exact_term(TypeNumber type, const Criterion& criterion) {
  if (criterion.direction != Criterion::Direction::kPlain || criterion.values.size() != 1 ||
      criterion.modifier != Modifier::kNone)
    return std::nullopt;
  const auto ranges =
      ranges_of(type, criterion.parameter->id, criterion.values[0], Modifier::kNone);
  if (ranges.size() != 1 || ranges[0].end != ranges[0].first + '\0') return std::nullopt;
  return ranges[0].first;
}

}  // namespace

Status Evaluation::check_deadline() const {
  if (std::chrono::steady_clock::now() < deadline_) return {};
  return fail(Category::kTimeout, IssueType::kTimeout,
              "the search took too long; ask for something narrower");
}

void Evaluation::Progress::narrow(SeqSet seqs) {
  candidates = candidates.has_value() ? intersection(*candidates, seqs) : std::move(seqs);
}

bool Evaluation::has_few(const Progress& progress) const {
  return progress.candidates.has_value() && progress.candidates->size() <= effort_.few_candidates;
}

Evaluation::Budget Evaluation::budget(const Progress& progress) const {
  return std::max(effort_.probed_postings, progress.candidates->size() * kPostingsPerCandidate);
}

Result<Evaluation::Plan> Evaluation::plan(std::string_view type,
                                          std::span<const Criterion> criteria) {
  return make(type, criteria, Effort::kComplete);
}

Result<Evaluation::Plan> Evaluation::probe(std::string_view type,
                                           std::span<const Criterion> criteria) {
  return make(type, criteria, Effort::kBounded);
}

Result<Evaluation::Plan> Evaluation::make(std::string_view type,
                                          std::span<const Criterion> criteria, Effort effort) {
  const auto number = snapshot_.type_number(type);
  if (!number.has_value()) return Plan{};
  Progress progress{.type = *number, .candidates = {}, .excluded = {}, .open = {}};
  if (const auto patient = snapshot_.compartment()) {
    KAP_TRY(auto seqs, find_terms(exactly(compartment_term(*number, *patient))));
    progress.narrow(std::move(seqs));
  }
  KAP_TRY(const SeqRange range, range_of(criteria));
  std::vector<std::shared_ptr<const Criterion>> owned;
  std::vector<std::tuple<int, std::size_t, const Criterion*>> ordered;  // by cost, then place
  for (const auto& criterion : criteria) {
    KAP_TRY(auto resolved, resolve(criterion));
    const Criterion* one = resolved == nullptr ? &criterion : resolved.get();
    ordered.emplace_back(cost_of(*one), ordered.size(), one);
    if (resolved != nullptr) owned.push_back(std::move(resolved));
  }
  std::ranges::sort(ordered);
  std::vector<const Criterion*> deferred;
  for (const auto& [cost, place, criterion] : ordered) deferred.push_back(criterion);
  // A short look at each first: what leaves next to nothing spares looking at the others.
  for (const Budget look : {std::min(kFirstLook, effort_.probed_postings), effort_.probed_postings})
    KAP_CHECK_OK(probe_each(progress, deferred, look));
  if (!progress.candidates.has_value() && effort == Effort::kBounded) {
    KAP_TRY(auto all, find_terms(exactly(type_term(*number)), effort_.probed_postings));
    if (all.has_value()) progress.narrow(std::move(*all));
  }
  if (!progress.candidates.has_value() && effort == Effort::kBounded) {
    Plan lazy{.candidates = {},
              .open = std::move(progress.open),
              .type = *number,
              .resolved = std::move(owned)};
    lazy.open.insert(lazy.open.end(), deferred.begin(), deferred.end());
    lazy.driver = driver_of(*number, deferred);
    lazy.range = range;
    return lazy;
  }
  KAP_CHECK_OK(complete(progress, deferred));
  std::erase_if(*progress.candidates,
                [&](std::int64_t seq) { return seq < range.from || seq >= range.end; });
  return Plan{.candidates = std::move(*progress.candidates),
              .open = std::move(progress.open),
              .type = *number,
              .resolved = std::move(owned)};
}

Status Evaluation::probe_each(Progress& progress, std::vector<const Criterion*>& deferred,
                              Budget look) {
  std::vector<const Criterion*> rest;
  for (const auto* criterion : deferred) {
    const bool has_candidates = progress.candidates.has_value();
    bool added = false;
    if (has_candidates || !excludes(*criterion)) {
      KAP_TRY(added, add(progress, *criterion, has_candidates ? budget(progress) : look));
    }
    if (!added) rest.push_back(criterion);
  }
  deferred = std::move(rest);
  return {};
}

/// Whatever it costs while there are no candidates; then as much as looking at them would.
Status Evaluation::complete(Progress& progress, const std::vector<const Criterion*>& deferred) {
  std::vector<const Criterion*> excluding;
  for (const auto* criterion : deferred) {
    if (excludes(*criterion) && !progress.candidates.has_value()) {
      excluding.push_back(criterion);
      continue;
    }
    const Budget most = progress.candidates.has_value() ? budget(progress) : kUnlimited;
    KAP_TRY(const bool added, add(progress, *criterion, most));
    if (!added) progress.open.push_back(criterion);
  }
  if (!progress.candidates.has_value()) {
    KAP_TRY(progress.candidates, find_terms(exactly(type_term(progress.type))));
  }
  for (const auto* criterion : excluding) {
    KAP_TRY(const bool added, add(progress, *criterion, budget(progress)));
    if (!added) progress.open.push_back(criterion);
  }
  for (const auto& excluded : progress.excluded)
    progress.candidates = difference(*progress.candidates, excluded);
  return {};
}

std::string Evaluation::driver_of(TypeNumber type,
                                  const std::vector<const Criterion*>& deferred) const {
  for (const auto* criterion : deferred)
    if (auto term = exact_term(type, *criterion)) return std::move(*term);
  return type_term(type);
}

Result<bool> Evaluation::add(Progress& progress, const Criterion& criterion, Budget budget) {
  if (is_plain_id(criterion)) {
    KAP_TRY(auto seqs, find_ids(progress.type, criterion));
    progress.narrow(std::move(seqs));
    return true;
  }
  const bool any_of = criterion.direction == Criterion::Direction::kAnyOf;
  const bool composite = criterion.parameter->type == SearchType::kComposite;
  const bool missing = criterion.modifier == Modifier::kMissing;
  if (has_few(progress) || (!any_of && !criterion.is_chained() &&
                            (is_column(*criterion.parameter) || (composite && missing)))) {
    progress.open.push_back(&criterion);
    return true;
  }
  if (any_of) return add_any(progress, criterion, budget);
  if (criterion.is_chained()) {
    KAP_TRY(auto seqs, criterion.direction == Criterion::Direction::kForward
                           ? find_forward(progress.type, criterion, budget)
                           : find_reverse(progress.type, criterion, budget));
    if (!seqs.has_value()) return false;
    progress.narrow(std::move(*seqs));
    return true;
  }
  if (missing) return add_missing(progress, criterion, budget);
  return composite ? add_composite(progress, criterion, budget)
                   : add_values(progress, criterion, budget);
}

Result<bool> Evaluation::add_missing(Progress& progress, const Criterion& criterion,
                                     Budget budget) {
  KAP_TRY(auto seqs, find_terms(all_terms(progress.type, criterion.parameter->id), budget));
  if (!seqs.has_value()) return false;
  if (criterion.missing) {
    progress.excluded.push_back(std::move(*seqs));
  } else {
    progress.narrow(std::move(*seqs));
  }
  return true;
}

Result<bool> Evaluation::add_values(Progress& progress, const Criterion& criterion, Budget budget) {
  KAP_TRY(auto found, find_values(progress.type, *criterion.parameter, positive(criterion.modifier),
                                  criterion.values, budget));
  if (!found.has_value()) return false;
  if (!found->exact) progress.open.push_back(&criterion);
  if (!is_negated(criterion.modifier)) {
    progress.narrow(std::move(found->seqs));
  } else if (found->exact) {
    progress.excluded.push_back(std::move(found->seqs));
  }
  return true;
}

Result<bool> Evaluation::add_any(Progress& progress, const Criterion& criterion, Budget budget) {
  SeqSet candidates;
  bool exact = true;
  for (const auto& one : criterion.any_of) {
    if (is_plain_id(one)) {
      KAP_TRY(const auto seqs, find_ids(progress.type, one));
      candidates.insert(candidates.end(), seqs.begin(), seqs.end());
      continue;
    }
    KAP_TRY(const auto found,
            find_values(progress.type, *one.parameter, one.modifier, one.values, budget));
    if (!found.has_value()) return false;
    exact = exact && found->exact;
    candidates.insert(candidates.end(), found->seqs.begin(), found->seqs.end());
  }
  normalize(candidates);
  if (!exact) progress.open.push_back(&criterion);
  progress.narrow(std::move(candidates));
  return true;
}

Result<bool> Evaluation::add_composite(Progress& progress, const Criterion& criterion,
                                       Budget budget) {
  SeqSet candidates;
  for (const auto& value : criterion.values) {
    const auto* composite = std::get_if<CompositeValue>(&value);
    if (composite == nullptr) continue;
    std::optional<SeqSet> both;
    const auto& components = criterion.parameter->components;
    for (std::size_t i = 0; i < composite->components.size() && i < components.size(); ++i) {
      const auto* parameter = components[i].parameter;
      // Only a parameter of the same type has terms for these resources.
      if (parameter == nullptr ||
          fhir::definitions::find_search_parameter(snapshot_.type_name(progress.type),
                                                   parameter->code) != parameter) {
        continue;
      }
      const Value wanted = to_value(composite->components[i]);
      KAP_TRY(auto found,
              find_values(progress.type, *parameter, Modifier::kNone, {&wanted, 1}, budget));
      if (!found.has_value()) continue;  // the other component may leave few
      both = both.has_value() ? intersection(*both, found->seqs) : std::move(found->seqs);
    }
    if (!both.has_value()) return false;  // nothing narrows it
    candidates.insert(candidates.end(), both->begin(), both->end());
  }
  normalize(candidates);
  progress.open.push_back(&criterion);
  progress.narrow(std::move(candidates));
  return true;
}

Result<SeqSet> Evaluation::find_ids(TypeNumber type, const Criterion& criterion) {
  SeqSet out;
  for (const auto& value : criterion.values) {
    const auto* token = std::get_if<TokenValue>(&value);
    if (token == nullptr || (token->system.has_value() && !token->system->empty())) continue;
    KAP_TRY(const auto seq, snapshot_.find(type, token->code));
    if (seq.has_value()) out.push_back(*seq);
  }
  normalize(out);
  return out;
}

Result<std::optional<Evaluation::Found>> Evaluation::find_values(
    TypeNumber type, const SearchParameterDef& parameter, Modifier modifier,
    std::span<const Value> values, Budget budget) {
  Found found;
  IndexEntry entry{.parameter = parameter.id, .value = {}};
  std::size_t rows = 0;
  bool exceeded = false;
  for (const auto& value : values) {
    // `:exact` asks for what a term does not keep apart.
    if (modifier == Modifier::kExact) found.exact = false;
    std::string last;
    bool wanted = false;
    for (const auto& range : ranges_of(type, parameter.id, value, modifier)) {
      const auto visit = [&](std::string_view term, std::int64_t first,
                             std::string_view more) -> Result<Snapshot::Next> {
        if (++rows % kDeadlineInterval == 0) KAP_CHECK_OK(check_deadline());
        if (rows + found.seqs.size() > budget) {
          exceeded = true;
          return Snapshot::Next::kStop;
        }
        if (term != last) {
          last = term;
          auto decoded = decode_term(term);
          if (!decoded.has_value()) return std::unexpected(corrupt());
          if (decoded->cut) found.exact = false;
          entry.value = std::move(decoded->value);
          wanted = decoded->cut || modifier == Modifier::kExact ||
                   fhir::search::matches(entry, value, modifier);
        }
        if (wanted && !decode_postings(first, more, found.seqs)) return std::unexpected(corrupt());
        return Snapshot::Next::kGoOn;
      };
      KAP_CHECK_OK(snapshot_.scan(range, visit));
      if (exceeded) return std::nullopt;
    }
  }
  normalize(found.seqs);
  return found;
}

Result<std::optional<SeqSet>> Evaluation::find_terms(const TermRange& range, Budget budget) {
  SeqSet out;
  std::size_t rows = 0;
  bool exceeded = false;
  const auto visit = [&](std::string_view, std::int64_t first,
                         std::string_view more) -> Result<Snapshot::Next> {
    if (++rows % kDeadlineInterval == 0) KAP_CHECK_OK(check_deadline());
    if (!decode_postings(first, more, out)) return std::unexpected(corrupt());
    exceeded = out.size() > budget;
    return exceeded ? Snapshot::Next::kStop : Snapshot::Next::kGoOn;
  };
  KAP_CHECK_OK(snapshot_.scan(range, visit));
  if (exceeded) return std::nullopt;
  normalize(out);
  return out;
}

Result<SeqSet> Evaluation::find_terms(const TermRange& range) {
  KAP_TRY(auto found, find_terms(range, kUnlimited));
  return std::move(*found);
}

}  // namespace kap::gateway::store

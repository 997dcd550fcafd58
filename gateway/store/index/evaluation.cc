#include "gateway/store/index/evaluation.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "fhir/json/parse.h"
#include "fhir/search/match.h"
#include "gateway/store/index/postings.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;
using fhir::definitions::SearchParameterDef;
using fhir::definitions::SearchType;

/// Up to so many candidates it is quicker to look at each one's entries than to read postings.
constexpr std::size_t kFewCandidates = 256;
constexpr std::size_t kChainedResources = 20'000;  // that one chained criterion may lead over
constexpr std::size_t kDeadlineInterval = 256;     // rows between two looks at the clock

bool is_column(const SearchParameterDef& parameter) {
  return parameter.code == "_id" || parameter.code == "_lastUpdated";
}

bool is_plain_id(const Criterion& criterion) {
  return criterion.parameter->code == "_id" && criterion.modifier == Modifier::kNone;
}

/// What is likely to leave few candidates comes first.
int cost_of(const Criterion& criterion) {
  if (is_plain_id(criterion)) return 0;
  if (criterion.is_chained()) return 3;
  if (criterion.modifier == Modifier::kMissing || criterion.modifier == Modifier::kNot) return 6;
  if (is_column(*criterion.parameter)) return 7;
  switch (criterion.parameter->type) {
    case SearchType::kReference:
      return 1;
    case SearchType::kToken:
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

}  // namespace

Status Evaluation::check_deadline() const {
  if (std::chrono::steady_clock::now() < deadline_) return {};
  return fail(Category::kTimeout, IssueType::kTimeout,
              "the search took too long; ask for something narrower");
}

void Evaluation::Progress::narrow(SeqSet seqs) {
  candidates = candidates.has_value() ? intersection(*candidates, seqs) : std::move(seqs);
}

Result<Evaluation::Plan> Evaluation::plan(std::string_view type,
                                          std::span<const Criterion> criteria) {
  const auto number = snapshot_.type_number(type);
  if (!number.has_value()) return Plan{};
  Progress progress{.type = *number, .candidates = {}, .excluded = {}, .open = {}};
  if (const auto patient = snapshot_.compartment()) {
    auto term = compartment_term(*number, *patient);
    auto end = term + '\0';
    KAP_TRY(auto seqs, find_terms({.first = std::move(term), .end = std::move(end)}));
    progress.narrow(std::move(seqs));
  }
  std::vector<std::pair<int, std::size_t>> ordered;  // cost, place
  for (const auto& criterion : criteria) ordered.emplace_back(cost_of(criterion), ordered.size());
  std::ranges::sort(ordered);
  for (const auto& [cost, place] : ordered) KAP_CHECK_OK(add(progress, criteria[place]));

  if (!progress.candidates.has_value()) {
    auto term = type_term(*number);
    auto end = term + '\0';
    KAP_TRY(progress.candidates, find_terms({.first = std::move(term), .end = std::move(end)}));
  }
  for (const auto& excluded : progress.excluded) {
    progress.candidates = difference(*progress.candidates, excluded);
  }
  return Plan{.candidates = std::move(*progress.candidates), .open = std::move(progress.open)};
}

Status Evaluation::add(Progress& progress, const Criterion& criterion) {
  if (is_plain_id(criterion)) {
    KAP_TRY(auto seqs, find_ids(progress.type, criterion));
    progress.narrow(std::move(seqs));
    return {};
  }
  if (criterion.is_chained()) {
    KAP_TRY(auto seqs, criterion.direction == Criterion::Direction::kForward
                           ? find_forward(progress.type, criterion)
                           : find_reverse(progress.type, criterion));
    progress.narrow(std::move(seqs));
    return {};
  }
  const bool few = progress.candidates.has_value() && progress.candidates->size() <= kFewCandidates;
  const bool composite = criterion.parameter->type == SearchType::kComposite;
  const bool missing = criterion.modifier == Modifier::kMissing;
  if (few || is_column(*criterion.parameter) || (composite && missing)) {
    progress.open.push_back(&criterion);
    return {};
  }
  if (missing) {
    KAP_TRY(auto seqs, find_terms(all_terms(progress.type, criterion.parameter->id)));
    if (criterion.missing) {
      progress.excluded.push_back(std::move(seqs));
    } else {
      progress.narrow(std::move(seqs));
    }
    return {};
  }
  if (composite) return add_composite(progress, criterion);
  const bool negated = criterion.modifier == Modifier::kNot;
  KAP_TRY(auto found,
          find_values(progress.type, *criterion.parameter,
                      negated ? Modifier::kNone : criterion.modifier, criterion.values));
  if (!found.exact) progress.open.push_back(&criterion);
  if (!negated) {
    progress.narrow(std::move(found.seqs));
  } else if (found.exact) {
    progress.excluded.push_back(std::move(found.seqs));
  }
  return {};
}

Status Evaluation::add_composite(Progress& progress, const Criterion& criterion) {
  progress.open.push_back(&criterion);
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
      KAP_TRY(auto found, find_values(progress.type, *parameter, Modifier::kNone, {&wanted, 1}));
      both = both.has_value() ? intersection(*both, found.seqs) : std::move(found.seqs);
    }
    if (!both.has_value()) return {};  // nothing narrows it: every candidate is looked at
    candidates.insert(candidates.end(), both->begin(), both->end());
  }
  normalize(candidates);
  progress.narrow(std::move(candidates));
  return {};
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

Result<Evaluation::Found> Evaluation::find_values(TypeNumber type,
                                                  const SearchParameterDef& parameter,
                                                  Modifier modifier,
                                                  std::span<const Value> values) {
  Found found;
  IndexEntry entry{.parameter = parameter.id, .value = {}};
  std::size_t rows = 0;
  for (const auto& value : values) {
    // `:exact` and `:identifier` ask for what a term does not keep apart.
    if (modifier == Modifier::kExact) found.exact = false;
    std::string last;
    bool wanted = false;
    for (const auto& range : ranges_of(type, parameter.id, value, modifier)) {
      KAP_CHECK_OK(snapshot_.scan(
          range, [&](std::string_view term, std::int64_t first, std::string_view more) -> Status {
            if (++rows % kDeadlineInterval == 0) KAP_CHECK_OK(check_deadline());
            if (term != last) {
              last = term;
              auto decoded = decode_term(term);
              if (!decoded.has_value()) return std::unexpected(corrupt());
              if (decoded->cut) found.exact = false;
              entry.value = std::move(decoded->value);
              wanted = decoded->cut || modifier == Modifier::kExact ||
                       fhir::search::matches(entry, value, modifier);
            }
            if (wanted && !decode_postings(first, more, found.seqs)) {
              return std::unexpected(corrupt());
            }
            return {};
          }));
    }
  }
  normalize(found.seqs);
  return found;
}

Result<SeqSet> Evaluation::find_terms(const TermRange& range) {
  SeqSet out;
  std::size_t rows = 0;
  KAP_CHECK_OK(snapshot_.scan(
      range, [&](std::string_view, std::int64_t first, std::string_view more) -> Status {
        if (++rows % kDeadlineInterval == 0) KAP_CHECK_OK(check_deadline());
        if (!decode_postings(first, more, out)) return std::unexpected(corrupt());
        return {};
      }));
  normalize(out);
  return out;
}

Result<SeqSet> Evaluation::find_forward(TypeNumber type, const Criterion& criterion) {
  SeqSet out;
  for (const auto& chain : criterion.chains) {
    KAP_TRY(const auto inner, plan(chain.type, chain.criterion));
    KAP_TRY(const auto targets, accept_all(inner));
    if (targets.size() > kChainedResources) {
      return fail(Category::kUnprocessable, IssueType::kTooCostly,
                  "a chained criterion leads over more than " + std::to_string(kChainedResources) +
                      " resources",
                  std::string(criterion.parameter->code));
    }
    for (const auto& target : targets) {
      auto term = reference_term(type, criterion.parameter->id, chain.type, target.id);
      auto end = term + '\0';
      KAP_TRY(const auto seqs, find_terms({.first = std::move(term), .end = std::move(end)}));
      out.insert(out.end(), seqs.begin(), seqs.end());
    }
  }
  normalize(out);
  return out;
}

Result<SeqSet> Evaluation::find_reverse(TypeNumber type, const Criterion& criterion) {
  SeqSet out;
  const auto wanted = snapshot_.type_name(type);
  for (const auto& chain : criterion.chains) {
    KAP_TRY(const auto inner, plan(chain.type, chain.criterion));
    KAP_TRY(const auto sources, accept_all(inner));
    std::size_t rows = 0;
    for (const auto& source : sources) {
      if (++rows % kDeadlineInterval == 0) KAP_CHECK_OK(check_deadline());
      KAP_TRY(const auto entries, snapshot_.entries(source.seq));
      for (const auto& entry : entries) {
        const auto* reference = std::get_if<ReferenceEntry>(&entry.value);
        if (entry.parameter != criterion.parameter->id || reference == nullptr ||
            !reference->url.empty() || reference->type != wanted) {
          continue;
        }
        KAP_TRY(const auto seq, snapshot_.find(type, reference->id));
        if (seq.has_value()) out.push_back(*seq);
      }
    }
  }
  normalize(out);
  return out;
}

Result<std::optional<VersionFacts>> Evaluation::accept(const Plan& plan, std::int64_t seq) {
  KAP_TRY(auto facts, snapshot_.visible(seq));
  if (!facts.has_value() || plan.open.empty()) return facts;
  KAP_TRY(const bool fulfilled, fulfils(*facts, plan.open));
  if (!fulfilled) return std::nullopt;
  return facts;
}

Result<std::vector<VersionFacts>> Evaluation::accept_all(const Plan& plan) {
  std::vector<VersionFacts> out;
  std::size_t rows = 0;
  for (const auto seq : plan.candidates) {
    if (++rows % kDeadlineInterval == 0) KAP_CHECK_OK(check_deadline());
    KAP_TRY(auto facts, accept(plan, seq));
    if (facts.has_value()) out.push_back(std::move(*facts));
  }
  return out;
}

Result<bool> Evaluation::fulfils(const VersionFacts& facts,
                                 const std::vector<const Criterion*>& open) {
  std::vector<IndexEntry> entries;
  const bool composite = std::ranges::any_of(
      open, [](const Criterion* one) { return one->parameter->type == SearchType::kComposite; });
  if (composite) {
    // Composite entries are not stored: they are extracted again from what the others leave.
    KAP_TRY(const auto body, snapshot_.body(facts.seq));
    KAP_TRY(const auto document, fhir::json::parse(body));
    KAP_TRY(entries, extract(document.root, Composites::kExtract));
  } else if (!std::ranges::all_of(open,
                                  [](const auto* one) { return is_column(*one->parameter); })) {
    KAP_TRY(entries, snapshot_.entries(facts.seq));
  }
  const Candidate candidate{.id = facts.id, .last_updated = facts.last_updated, .entries = entries};
  return std::ranges::all_of(
      open, [&](const Criterion* one) { return fhir::search::matches(candidate, *one); });
}

}  // namespace kap::gateway::store

// Criteria that lead over other resources: chains, `_has`, and :above and :below along what is part
// of what.

#include <set>
#include <string>
#include <utility>
#include <variant>

#include "gateway/store/index/evaluation.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;

/// Resources that one chained criterion may lead over before it is asked of each candidate instead.
constexpr std::size_t kLinkedResources = 20'000;
constexpr std::size_t kHierarchy = 1'000;  // resources that :above or :below may lead to
constexpr std::size_t kBatch = 256;

TermRange exactly(std::string term) {
  auto end = term + '\0';
  return {.first = std::move(term), .end = std::move(end)};
}

const ReferenceEntry* local_reference(const IndexEntry& entry, std::uint16_t parameter,
                                      std::string_view type) {
  if (entry.parameter != parameter) return nullptr;
  const auto* reference = std::get_if<ReferenceEntry>(&entry.value);
  const bool fits = reference != nullptr && reference->url.empty() && reference->type == type;
  return fits ? reference : nullptr;
}

}  // namespace

Result<std::optional<std::vector<VersionFacts>>> Evaluation::find_linked(const Chain& chain,
                                                                         Budget budget) {
  const std::size_t most = budget == kUnlimited ? kLinkedResources : effort_.probed_links;
  KAP_TRY(const auto inner, make(chain.type, chain.criterion,
                                 budget == kUnlimited ? Effort::kComplete : Effort::kBounded));
  if (inner.driver.has_value() || inner.candidates.size() > most) return std::nullopt;
  KAP_TRY(auto found, accept_all(inner));
  return found;
}

Result<std::optional<SeqSet>> Evaluation::find_forward(TypeNumber type, const Criterion& criterion,
                                                       Budget budget) {
  SeqSet out;
  for (const auto& chain : criterion.chains) {
    KAP_TRY(const auto targets, find_linked(chain, budget));
    if (!targets.has_value()) return std::nullopt;
    for (const auto& target : *targets) {
      KAP_TRY(
          const auto seqs,
          find_terms(exactly(reference_term(type, criterion.parameter->id, chain.type, target.id)),
                     budget));
      if (!seqs.has_value()) return std::nullopt;
      out.insert(out.end(), seqs->begin(), seqs->end());
      if (out.size() > budget) return std::nullopt;
    }
  }
  normalize(out);
  return out;
}

Result<std::optional<SeqSet>> Evaluation::find_reverse(TypeNumber type, const Criterion& criterion,
                                                       Budget budget) {
  SeqSet out;
  const auto wanted = snapshot_.type_name(type);
  for (const auto& chain : criterion.chains) {
    KAP_TRY(const auto sources, find_linked(chain, budget));
    if (!sources.has_value()) return std::nullopt;
    for (const auto& source : *sources) {
      KAP_CHECK_OK(check_deadline());
      KAP_TRY(const auto entries, snapshot_.entries(source.seq));
      for (const auto& entry : entries) {
        const auto* reference = local_reference(entry, criterion.parameter->id, wanted);
        if (reference == nullptr) continue;
        KAP_TRY(const auto seq, snapshot_.find(type, reference->id));
        if (seq.has_value()) out.push_back(*seq);
      }
    }
  }
  normalize(out);
  return out;
}

Result<bool> Evaluation::holds_linked(std::int64_t seq, const Criterion& criterion) {
  KAP_TRY(const auto facts, snapshot_.visible(seq));
  if (!facts.has_value()) return false;
  Subject subject{.facts = *facts};
  KAP_TRY(const auto resolved, resolve(criterion));
  return holds(subject, resolved == nullptr ? criterion : *resolved);
}

Result<bool> Evaluation::holds_forward(Subject& subject, const Criterion& criterion) {
  KAP_TRY(const auto entries, entries_for(subject, criterion));
  for (const auto& chain : criterion.chains) {
    const auto type = snapshot_.type_number(chain.type);
    if (!type.has_value()) continue;
    for (const auto& entry : entries) {
      const auto* reference = local_reference(entry, criterion.parameter->id, chain.type);
      if (reference == nullptr) continue;
      KAP_TRY(const auto seq, snapshot_.find(*type, reference->id));
      if (!seq.has_value()) continue;
      KAP_TRY(const bool held, holds_linked(*seq, chain.criterion.front()));
      if (held) return true;
    }
  }
  return false;
}

Result<bool> Evaluation::holds_reverse(Subject& subject, const Criterion& criterion) {
  const auto name = snapshot_.type_name(subject.facts.type);
  for (const auto& chain : criterion.chains) {
    const auto source = snapshot_.type_number(chain.type);
    if (!source.has_value()) continue;
    const auto term = reference_term(*source, criterion.parameter->id, name, subject.facts.id);
    std::int64_t after = 0;
    for (;;) {
      KAP_CHECK_OK(check_deadline());
      KAP_TRY(const auto seqs, snapshot_.carriers(term, after, kBatch));
      for (const auto seq : seqs) {
        KAP_TRY(const bool held, holds_linked(seq, chain.criterion.front()));
        if (held) return true;
      }
      if (seqs.size() < kBatch) break;
      after = seqs.back();
    }
  }
  return false;
}

/// nullptr: it is what it is.
Result<std::shared_ptr<const Criterion>> Evaluation::resolve(const Criterion& criterion) {
  if (criterion.direction != Criterion::Direction::kPlain || !criterion.is_hierarchical())
    return nullptr;
  const auto known = resolved_.find(&criterion);
  if (known != resolved_.end()) return known->second;
  Criterion out = criterion;
  out.values.clear();
  out.modifier = Modifier::kNone;
  for (const auto& value : criterion.values)
    if (const auto* reference = std::get_if<ReferenceValue>(&value))
      KAP_CHECK_OK(follow_parts(*reference, criterion.modifier, out));
  return resolved_.emplace(&criterion, std::make_shared<const Criterion>(std::move(out)))
      .first->second;
}

Status Evaluation::follow_parts(const ReferenceValue& from, Modifier modifier, Criterion& out) {
  const auto type = snapshot_.type_number(from.type);
  std::vector<std::string> ids{from.id};
  std::set<std::string, std::less<>> known{from.id};
  for (std::size_t i = 0; type.has_value() && i < ids.size(); ++i) {
    KAP_CHECK_OK(check_deadline());
    const std::string id = ids[i];
    KAP_TRY(const auto next, neighbours(*type, from.type, id, modifier));
    for (const auto& one : next)
      if (known.insert(one).second) ids.push_back(one);
    if (ids.size() > kHierarchy)
      return fail(Category::kUnprocessable, IssueType::kTooCostly,
                  "the hierarchy has more than " + std::to_string(kHierarchy) + " resources",
                  std::string(out.parameter->code));
  }
  for (auto& id : ids)
    out.values.emplace_back(
        ReferenceValue{.type = from.type, .id = std::move(id), .url = {}, .version = {}});
  return {};
}

/// Ids of the visible resources one step up or down.
Result<std::vector<std::string>> Evaluation::neighbours(TypeNumber type, std::string_view type_name,
                                                        std::string_view id, Modifier modifier) {
  std::vector<std::string> out;
  const auto* part_of = part_of_parameter(type_name);
  if (part_of == nullptr) return out;
  if (modifier == Modifier::kBelow) {
    KAP_TRY(const auto seqs, find_terms(exactly(reference_term(type, part_of->id, type_name, id))));
    for (const auto seq : seqs) {
      KAP_TRY(const auto facts, snapshot_.visible(seq));
      if (facts.has_value()) out.push_back(facts->id);
    }
    return out;
  }
  KAP_TRY(const auto seq, snapshot_.find(type, id));
  if (!seq.has_value()) return out;
  KAP_TRY(const auto facts, snapshot_.visible(*seq));
  if (!facts.has_value()) return out;
  KAP_TRY(const auto entries, snapshot_.entries(*seq));
  for (const auto& entry : entries)
    if (const auto* reference = local_reference(entry, part_of->id, type_name))
      out.push_back(reference->id);
  return out;
}

}  // namespace kap::gateway::store

// Criteria that no posting answered, asked of one version.

#include <algorithm>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/search/match.h"
#include "gateway/store/index/evaluation.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;
using fhir::definitions::SearchType;

constexpr std::size_t kDeadlineInterval = 256;  // versions between two looks at the clock

bool is_composite(const Criterion& criterion) {
  return criterion.parameter->type == SearchType::kComposite;
}

bool is_column(const Criterion& criterion) {
  return criterion.direction == Criterion::Direction::kPlain &&
         (criterion.parameter->code == "_id" || criterion.parameter->code == "_lastUpdated");
}

}  // namespace

Result<std::span<const IndexEntry>> Evaluation::entries_for(Subject& subject,
                                                            const Criterion& criterion) {
  if (is_composite(criterion)) {
    if (!subject.with_composites.has_value()) {
      // Composite entries are not stored: they are extracted again from what the others leave.
      KAP_TRY(const auto body, snapshot_.body(subject.facts.seq));
      KAP_TRY(const auto document, fhir::json::parse(body));
      KAP_TRY(subject.with_composites, extract(document.root, Composites::kExtract));
    }
    return std::span<const IndexEntry>(*subject.with_composites);
  }
  if (!subject.plain.has_value()) {
    KAP_TRY(subject.plain, snapshot_.entries(subject.facts.seq));
  }
  return std::span<const IndexEntry>(*subject.plain);
}

Result<bool> Evaluation::holds(Subject& subject, const Criterion& criterion) {
  if (criterion.direction == Criterion::Direction::kForward)
    return holds_forward(subject, criterion);
  if (criterion.direction == Criterion::Direction::kReverse)
    return holds_reverse(subject, criterion);
  std::span<const IndexEntry> entries;
  if (!is_column(criterion)) {
    KAP_TRY(entries, entries_for(subject, criterion));
  }
  return fhir::search::matches(
      Candidate{
          .id = subject.facts.id, .last_updated = subject.facts.last_updated, .entries = entries},
      criterion);
}

Result<std::optional<VersionFacts>> Evaluation::accept(const Plan& plan, std::int64_t seq) {
  KAP_TRY(auto facts, snapshot_.visible(seq));
  if (!facts.has_value() || plan.open.empty()) return facts;
  Subject subject{.facts = *facts};
  for (const auto* criterion : plan.open) {
    KAP_TRY(const bool held, holds(subject, *criterion));
    if (!held) return std::nullopt;
  }
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

}  // namespace kap::gateway::store

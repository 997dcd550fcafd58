#include "gateway/store/index/includes.h"

#include <set>
#include <string>
#include <variant>

#include "fhir/base/limits.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/definitions/types.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;
using fhir::definitions::SearchType;

constexpr std::size_t kBatch = 512;

class Collector {
 public:
  Collector(Snapshot& snapshot, const Evaluation& evaluation)
      : snapshot_(snapshot), evaluation_(evaluation) {}

  void know(std::int64_t seq) { known_.insert(seq); }

  /// One step from each of `from`; what is new goes to `out`.
  Status follow(const Include& include, std::span<const VersionFacts> from,
                std::vector<VersionFacts>& out) {
    const bool forward = include.direction == Include::Direction::kInclude;
    for (const auto& facts : from) {
      KAP_CHECK_OK(evaluation_.check_deadline());
      if (!forward) {
        KAP_CHECK_OK(follow_back(include, facts, out));
      } else if (include.source.empty() || snapshot_.type_name(facts.type) == include.source) {
        KAP_CHECK_OK(follow_forward(include, facts, out));
      }
    }
    return {};
  }

 private:
  Status follow_forward(const Include& include, const VersionFacts& facts,
                        std::vector<VersionFacts>& out) {
    KAP_TRY(const auto entries, snapshot_.entries(facts.seq));
    for (const auto& entry : entries) {
      const auto* reference = std::get_if<ReferenceEntry>(&entry.value);
      if (reference == nullptr || !reference->url.empty() || reference->id.empty()) continue;
      if (include.parameter != nullptr && include.parameter->id != entry.parameter) continue;
      if (!include.target.empty() && include.target != reference->type) continue;
      const auto type = snapshot_.type_number(reference->type);
      if (!type.has_value()) continue;
      KAP_TRY(const auto seq, snapshot_.find(*type, reference->id));
      if (seq.has_value()) KAP_CHECK_OK(add(*seq, out));
    }
    return {};
  }

  Status follow_back(const Include& include, const VersionFacts& facts,
                     std::vector<VersionFacts>& out) {
    if (!include.target.empty() && include.target != snapshot_.type_name(facts.type)) return {};
    if (!include.source.empty()) return follow_back_from(include.source, include, facts, out);
    for (const auto* type : fhir::definitions::resource_types())
      KAP_CHECK_OK(follow_back_from(type->name, include, facts, out));
    return {};
  }

  /// What points here from resources of one type.
  Status follow_back_from(std::string_view source, const Include& include,
                          const VersionFacts& facts, std::vector<VersionFacts>& out) {
    const auto type = snapshot_.type_number(source);
    if (!type.has_value()) return {};
    const auto target = snapshot_.type_name(facts.type);
    for (const auto* parameter : fhir::definitions::search_parameters(source)) {
      if (include.parameter != nullptr && include.parameter != parameter) continue;
      if (parameter->type != SearchType::kReference) continue;
      const auto term = reference_term(*type, parameter->id, target, facts.id);
      std::int64_t after = 0;
      for (;;) {
        KAP_CHECK_OK(evaluation_.check_deadline());
        KAP_TRY(const auto found, snapshot_.carriers(term, after, kBatch));
        for (const auto seq : found) KAP_CHECK_OK(add(seq, out));
        if (found.size() < kBatch) break;
        after = found.back();
      }
    }
    return {};
  }

  Status add(std::int64_t seq, std::vector<VersionFacts>& out) {
    if (!known_.insert(seq).second) return {};
    KAP_TRY(auto facts, snapshot_.visible(seq));
    if (!facts.has_value()) return {};
    if (++included_ > limits::kSearchIncluded) {
      return fail(Category::kUnprocessable, IssueType::kTooCostly,
                  "a page may include " + std::to_string(limits::kSearchIncluded) +
                      " resources; ask for a smaller _count or fewer includes");
    }
    out.push_back(std::move(*facts));
    return {};
  }

  Snapshot& snapshot_;
  const Evaluation& evaluation_;
  std::set<std::int64_t> known_;
  std::size_t included_ = 0;
};

}  // namespace

Result<std::vector<std::int64_t>> find_included(Snapshot& snapshot, const Evaluation& evaluation,
                                                std::span<const Include> includes,
                                                std::span<const VersionFacts> matches) {
  Collector collector(snapshot, evaluation);
  for (const auto& match : matches) collector.know(match.seq);
  std::vector<VersionFacts> included;
  for (const auto& include : includes) {
    KAP_CHECK_OK(collector.follow(include, matches, included));
  }
  // `:iterate` goes on from what was included, until nothing new comes.
  for (std::size_t done = 0; done < included.size();) {
    const std::vector<VersionFacts> from(included.begin() + static_cast<std::ptrdiff_t>(done),
                                         included.end());
    done = included.size();
    for (const auto& include : includes) {
      if (include.iterate != Include::Iterate::kRepeat) continue;
      KAP_CHECK_OK(collector.follow(include, from, included));
    }
  }
  std::vector<std::int64_t> out;
  for (const auto& facts : included) out.push_back(facts.seq);
  return out;
}

}  // namespace kap::gateway::store

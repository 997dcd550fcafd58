#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/store/index/seq_set.h"
#include "gateway/store/index/snapshot.h"
#include "gateway/store/query.h"

namespace kap::gateway::store {

/// Finds the versions that fulfil criteria. Postings narrow the candidates; what they do not decide
/// is decided by fhir::search::matches on the version's entries, the reference semantics.
class Evaluation {
 public:
  Evaluation(Snapshot& snapshot, Deadline deadline) : snapshot_(snapshot), deadline_(deadline) {}

  /// Candidates, and the criteria that are still open for each of them.
  struct Plan {
    SeqSet candidates;
    std::vector<const fhir::search::Criterion*> open;
  };
  /// The criteria must outlive the plan.
  [[nodiscard]] Result<Plan> plan(std::string_view type,
                                  std::span<const fhir::search::Criterion> criteria);
  /// The version's facts when it is visible and fulfils what is open.
  [[nodiscard]] Result<std::optional<VersionFacts>> accept(const Plan& plan, std::int64_t seq);
  /// All that the plan accepts, in ascending order.
  [[nodiscard]] Result<std::vector<VersionFacts>> accept_all(const Plan& plan);

  /// kTimeout/kTimeout once the deadline has passed.
  [[nodiscard]] Status check_deadline() const;

 private:
  struct Found {
    SeqSet seqs;
    bool exact = true;  // false: some of them may not match
  };
  struct Progress {
    TypeNumber type;
    std::optional<SeqSet> candidates;  // nothing: every version of the type
    std::vector<SeqSet> excluded;
    std::vector<const fhir::search::Criterion*> open;

    void narrow(SeqSet seqs);
  };

  [[nodiscard]] Status add(Progress& progress, const fhir::search::Criterion& criterion);
  [[nodiscard]] Status add_composite(Progress& progress, const fhir::search::Criterion& criterion);
  [[nodiscard]] Result<SeqSet> find_ids(TypeNumber type, const fhir::search::Criterion& criterion);
  [[nodiscard]] Result<Found> find_values(TypeNumber type,
                                          const fhir::definitions::SearchParameterDef& parameter,
                                          fhir::search::Modifier modifier,
                                          std::span<const fhir::search::Value> values);
  [[nodiscard]] Result<SeqSet> find_terms(const TermRange& range);
  [[nodiscard]] Result<SeqSet> find_forward(TypeNumber type,
                                            const fhir::search::Criterion& criterion);
  [[nodiscard]] Result<SeqSet> find_reverse(TypeNumber type,
                                            const fhir::search::Criterion& criterion);
  [[nodiscard]] Result<bool> fulfils(const VersionFacts& facts,
                                     const std::vector<const fhir::search::Criterion*>& open);

  Snapshot& snapshot_;
  Deadline deadline_;
};

}  // namespace kap::gateway::store

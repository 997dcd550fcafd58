#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
///
/// Every criterion can be answered in two ways: by reading its postings, or by looking at each
/// candidate. Postings are read while that costs no more than looking at the candidates would, so
/// that the cost follows the smallest criterion and not the size of the store.
class Evaluation {
 public:
  Evaluation(Snapshot& snapshot, Deadline deadline, SearchEffort effort = {})
      : snapshot_(snapshot), deadline_(deadline), effort_(effort) {}

  /// Where in the commit sequence matches can be.
  struct SeqRange {
    std::int64_t from = 0;
    std::int64_t end = std::numeric_limits<std::int64_t>::max();
  };
  /// Candidates, and the criteria that are still open for each of them.
  struct Plan {
    SeqSet candidates;
    std::vector<const fhir::search::Criterion*> open;
    TypeNumber type = 0;
    std::vector<std::shared_ptr<const fhir::search::Criterion>> resolved{};  // what `open` may name
    /// Of a lazy plan, whose candidates are not gathered: a term that every match carries.
    std::optional<std::string> driver{};
    SeqRange range{};  // of a lazy plan; the candidates of another lie in it
  };
  /// All candidates. The criteria must outlive the plan.
  [[nodiscard]] Result<Plan> plan(std::string_view type,
                                  std::span<const fhir::search::Criterion> criteria);
  /// As plan, but lazy where gathering the candidates would mean reading very many postings.
  [[nodiscard]] Result<Plan> probe(std::string_view type,
                                   std::span<const fhir::search::Criterion> criteria);
  /// The version's facts when it is visible and fulfils what is open.
  [[nodiscard]] Result<std::optional<VersionFacts>> accept(const Plan& plan, std::int64_t seq);
  /// All that the plan accepts, in ascending order. Not for a lazy plan.
  [[nodiscard]] Result<std::vector<VersionFacts>> accept_all(const Plan& plan);

  /// kTimeout/kTimeout once the deadline has passed.
  [[nodiscard]] Status check_deadline() const;
  /// Versions that carry a term of the range.
  [[nodiscard]] Result<SeqSet> find_terms(const TermRange& range);

 private:
  using Criterion = fhir::search::Criterion;
  /// How many versions may be read from postings before a criterion is left open.
  using Budget = std::size_t;
  static constexpr Budget kUnlimited = std::numeric_limits<Budget>::max();
  enum class Effort : std::uint8_t { kBounded, kComplete };

  struct Found {
    SeqSet seqs;
    bool exact = true;  // false: some of them may not match
  };
  struct Progress {
    TypeNumber type = 0;
    std::optional<SeqSet> candidates;  // nothing: every version of the type
    std::vector<SeqSet> excluded;
    std::vector<const Criterion*> open;

    void narrow(SeqSet seqs);
  };
  /// What an open criterion looks at: one version, its entries once they were needed.
  struct Subject {
    const VersionFacts& facts;
    std::optional<std::vector<fhir::search::IndexEntry>> plain{};
    std::optional<std::vector<fhir::search::IndexEntry>> with_composites{};
  };

  [[nodiscard]] Result<Plan> make(std::string_view type, std::span<const Criterion> criteria,
                                  Effort effort);
  /// From what is asked of `_lastUpdated`.
  [[nodiscard]] Result<SeqRange> range_of(std::span<const Criterion> criteria);
  /// Takes those away that it could add.
  [[nodiscard]] Status probe_each(Progress& progress, std::vector<const Criterion*>& deferred,
                                  Budget look);
  [[nodiscard]] Status complete(Progress& progress, const std::vector<const Criterion*>& deferred);
  [[nodiscard]] bool has_few(const Progress& progress) const;
  [[nodiscard]] Budget budget(const Progress& progress) const;
  [[nodiscard]] std::string driver_of(TypeNumber type,
                                      const std::vector<const Criterion*>& deferred) const;
  /// False: its postings would exceed the budget, nothing was done.
  [[nodiscard]] Result<bool> add(Progress& progress, const Criterion& criterion, Budget budget);
  [[nodiscard]] Result<bool> add_values(Progress& progress, const Criterion& criterion,
                                        Budget budget);
  [[nodiscard]] Result<bool> add_missing(Progress& progress, const Criterion& criterion,
                                         Budget budget);
  [[nodiscard]] Result<bool> add_composite(Progress& progress, const Criterion& criterion,
                                           Budget budget);
  [[nodiscard]] Result<bool> add_any(Progress& progress, const Criterion& criterion, Budget budget);

  [[nodiscard]] Result<SeqSet> find_ids(TypeNumber type, const Criterion& criterion);
  /// Nothing: beyond the budget.
  [[nodiscard]] Result<std::optional<Found>> find_values(
      TypeNumber type, const fhir::definitions::SearchParameterDef& parameter,
      fhir::search::Modifier modifier, std::span<const fhir::search::Value> values, Budget budget);
  [[nodiscard]] Result<std::optional<SeqSet>> find_terms(const TermRange& range, Budget budget);
  [[nodiscard]] Result<std::optional<SeqSet>> find_forward(TypeNumber type,
                                                           const Criterion& criterion,
                                                           Budget budget);
  [[nodiscard]] Result<std::optional<SeqSet>> find_reverse(TypeNumber type,
                                                           const Criterion& criterion,
                                                           Budget budget);
  /// What a chain's criterion finds; nothing: too many to go on from each of them.
  [[nodiscard]] Result<std::optional<std::vector<VersionFacts>>> find_linked(
      const fhir::search::Chain& chain, Budget budget);

  [[nodiscard]] Result<bool> holds(Subject& subject, const Criterion& criterion);
  [[nodiscard]] Result<bool> holds_forward(Subject& subject, const Criterion& criterion);
  [[nodiscard]] Result<bool> holds_reverse(Subject& subject, const Criterion& criterion);
  [[nodiscard]] Result<bool> holds_linked(std::int64_t seq, const Criterion& criterion);
  [[nodiscard]] Result<std::span<const fhir::search::IndexEntry>> entries_for(
      Subject& subject, const Criterion& criterion);

  /// :above and :below along what is part of what become the resources that they lead to.
  [[nodiscard]] Result<std::shared_ptr<const Criterion>> resolve(const Criterion& criterion);
  [[nodiscard]] Status follow_parts(const fhir::search::ReferenceValue& from,
                                    fhir::search::Modifier modifier, Criterion& out);
  [[nodiscard]] Result<std::vector<std::string>> neighbours(TypeNumber type,
                                                            std::string_view type_name,
                                                            std::string_view id,
                                                            fhir::search::Modifier modifier);

  Snapshot& snapshot_;
  Deadline deadline_;
  SearchEffort effort_;
  std::map<const Criterion*, std::shared_ptr<const Criterion>> resolved_;
};

}  // namespace kap::gateway::store

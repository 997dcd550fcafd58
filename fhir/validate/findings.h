#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/result.h"

/// Where a check stands and what it found. Internal to this folder.
namespace kap::fhir::validate {

/// A step of the way from the root, on the stack of the one who takes it; the text of a path is
/// made only for a finding.
struct Place {
  static constexpr std::uint32_t kNoIndex = std::numeric_limits<std::uint32_t>::max();

  const Place* parent = nullptr;
  std::string_view name;     // of the element: `value`, not `valueQuantity`
  std::string_view of_type;  // of a choice element: `Quantity`
  std::uint32_t index = kNoIndex;
};

/// `Patient.contact[0].gender`, `Observation.value.ofType(Quantity).code`.
[[nodiscard]] std::string path_of(const Place& place);

/// An issue and the rule it comes from.
struct Finding {
  Issue issue;
  std::string_view constraint;  // the key of an invariant, `ext-1`; empty for other rules
  std::string_view profile;     // the canonical URL of the profile that asks for it; empty: R4
};

/// The rule that a finding comes from.
struct Rule {
  IssueSeverity severity = IssueSeverity::kError;
  IssueType code = IssueType::kInvariant;
  std::string_view constraint;
  std::string_view profile;
};

/// Of a constraint of R4 that does not hold.
[[nodiscard]] inline Rule invariant(std::string_view key) {
  return {.code = IssueType::kInvariant, .constraint = key, .profile = {}};
}

class Findings {
 public:
  /// `source`: the JSON text, for line and column; empty when the caller has none.
  Findings(std::size_t max_issues, std::string_view source)
      : max_issues_(max_issues), source_(source) {}

  /// Of errors; warnings beyond the limit are left out one by one.
  [[nodiscard]] bool is_full() const { return errors_ >= max_issues_; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// No finding is graver than that from now on.
  void limit_severity(IssueSeverity most) { most_ = most; }
  void add(IssueType code, const Place& place, std::string diagnostics);
  /// For a member that has no place of its own, because no element has its name.
  void add(IssueType code, const Place& parent, std::string_view member, std::string diagnostics);
  void add(const Rule& rule, const Place& place, std::string diagnostics);
  [[nodiscard]] std::vector<Issue> take();
  [[nodiscard]] std::vector<Finding> take_findings();

 private:
  void add_issue(const Rule& rule, const Place& place, std::string_view member,
                 std::string expression, std::string diagnostics);

  std::size_t max_issues_;
  std::string_view source_;
  std::size_t errors_ = 0;
  IssueSeverity most_ = IssueSeverity::kFatal;
  std::vector<Finding> findings_;
};

}  // namespace kap::fhir::validate

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

class Findings {
 public:
  /// `source`: the JSON text, for line and column; empty when the caller has none.
  Findings(std::size_t max_issues, std::string_view source)
      : max_issues_(max_issues), source_(source) {}

  [[nodiscard]] bool is_full() const { return issues_.size() >= max_issues_; }
  void add(IssueType code, const Place& place, std::string diagnostics);
  /// For a member that has no place of its own, because no element has its name.
  void add(IssueType code, const Place& parent, std::string_view member, std::string diagnostics);
  [[nodiscard]] std::vector<Issue> take();

 private:
  void add_issue(IssueType code, const Place& place, std::string_view member,
                 std::string expression, std::string diagnostics);

  std::size_t max_issues_;
  std::string_view source_;
  std::vector<Issue> issues_;
};

}  // namespace kap::fhir::validate

#include "gateway/service/check_resource.h"

#include <algorithm>
#include <utility>

#include "fhir/validate/structure.h"
#include "fhir/validate/validator.h"

namespace kap::gateway::service {
namespace {

std::vector<Issue> find_issues(const Writer& writer, const IncomingResource& incoming) {
  if (writer.validator == nullptr) {
    return fhir::validate::validate_structure(incoming.document.root, {.source = incoming.text});
  }
  std::vector<Issue> issues;
  auto report = writer.validator->validate(incoming.document, {.source = incoming.text});
  for (auto& finding : report.findings) issues.push_back(std::move(finding.issue));
  return issues;
}

}  // namespace

Result<std::vector<Issue>> check_resource(const Writer& writer, const IncomingResource& incoming) {
  auto issues = find_issues(writer, incoming);
  const bool is_refused = std::ranges::any_of(
      issues, [](const Issue& issue) { return issue.severity <= IssueSeverity::kError; });
  if (is_refused) return std::unexpected(Outcome(Category::kUnprocessable, std::move(issues)));
  return issues;
}

}  // namespace kap::gateway::service

#include "gateway/service/check_resource.h"

#include <algorithm>
#include <utility>

#include "fhir/validate/structure.h"

namespace kap::gateway::service {

Result<std::vector<Issue>> check_resource(const Writer& /*writer*/,
                                          const IncomingResource& incoming) {
  auto issues =
      fhir::validate::validate_structure(incoming.document.root, {.source = incoming.text});
  const bool is_refused = std::ranges::any_of(issues, [](const Issue& issue) {
    return issue.severity == IssueSeverity::kError || issue.severity == IssueSeverity::kFatal;
  });
  if (is_refused) return std::unexpected(Outcome(Category::kUnprocessable, std::move(issues)));
  return issues;
}

}  // namespace kap::gateway::service

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"
#include "gateway/store/resource.h"
#include "gateway/store/write.h"

namespace kap::gateway::service {

/// The criteria of a conditional interaction: names and values, percent-decoded.
using Criteria = std::vector<std::pair<std::string, std::string>>;

/// `identifier=http://x|1&active=true` as in If-None-Exist and in Bundle.entry.request.ifNoneExist;
/// what stands before a `?` is left off. kInvalidRequest for a bad percent escape.
[[nodiscard]] Result<Criteria> parse_criteria(std::string_view text);

/// What criteria find, and what must still hold of it when the unit is written.
struct ConditionalMatch {
  std::optional<store::StoredResource> found{};  // nothing: there is no match
  store::ExpectedMatch expected{};
};

/// Searches as search_type does in strict handling, under the same Permit. Errors: kForbidden
/// without a scope to search; kInvalidRequest for criteria that are none, malformed, or that would
/// be ignored; kPreconditionFailed/kMultipleMatches where there is more than one.
[[nodiscard]] Result<ConditionalMatch> find_match(const security::Permit& permit,
                                                  const Reader& reader, std::string_view type,
                                                  const Criteria& criteria);

}  // namespace kap::gateway::service

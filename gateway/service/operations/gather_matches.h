#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"
#include "gateway/store/resource.h"

namespace kap::gateway::service {

struct GatherRequest {
  std::string_view type;
  /// Of a search in strict handling; `_sort` may be among them.
  std::vector<std::pair<std::string, std::string>> parameters;
  std::size_t limit = 0;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// All matches of a search, as of one place in the commit sequence, for what must see them all
/// before it answers. kUnprocessable/kTooCostly where there are more than `limit`.
[[nodiscard]] Result<std::vector<store::StoredResource>> gather_matches(
    const security::Permit& permit, const Reader& reader, const GatherRequest& request);

/// A parameter's value in which `,`, `|`, `$` and `\` stand for themselves
/// (http://hl7.org/fhir/R4/search.html#escaping).
[[nodiscard]] std::string escape_search_value(std::string_view text);
/// `system|code` for a search by token; with no system, the code alone.
[[nodiscard]] std::string to_token(std::string_view system, std::string_view code);

}  // namespace kap::gateway::service

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/service/search_type.h"

namespace kap::gateway::service {

/// What of a search its path says.
struct SearchTarget {
  std::vector<std::string_view> types;  // that the caller may search, at least one
  enum class Level : std::uint8_t { kType, kSeveral } level = Level::kType;
  std::string path;  // behind the base: `/Observation`, `/Patient/1/*`, empty for the system
};

/// The part that all searches share: parameters to a query, a query to a page. The caller has
/// looked at the scopes.
[[nodiscard]] Result<SearchPage> run_search(const security::Permit& permit, const Reader& reader,
                                            const SearchRequest& request,
                                            const SearchTarget& target);

}  // namespace kap::gateway::service

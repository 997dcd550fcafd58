#include "gateway/service/operations/gather_matches.h"

#include <fmt/format.h>

#include <iterator>

#include "fhir/base/limits.h"
#include "fhir/search/query.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {

Result<std::vector<store::StoredResource>> gather_matches(const security::Permit& permit,
                                                          const Reader& reader,
                                                          const GatherRequest& request) {
  const fhir::search::QueryOptions options{.handling = fhir::search::Handling::kStrict,
                                           .now = reader.clock.now(),
                                           .base_url = reader.base_url};
  KAP_TRY(const auto query, fhir::search::parse_query(request.type, request.parameters, options));
  std::vector<store::StoredResource> all;
  store::PageOptions page{.count = limits::kSearchMaxCount, .deadline = request.deadline};
  while (true) {
    const store::Query bound(permit, query, page);
    KAP_TRY(auto found, reader.store.search(bound));
    if (all.size() + found.matches.size() > request.limit)
      return fail(Category::kUnprocessable, IssueType::kTooCostly,
                  fmt::format("more than {} resources match; narrow the search", request.limit));
    std::move(found.matches.begin(), found.matches.end(), std::back_inserter(all));
    if (!found.next) return all;
    page.cursor = *std::move(found.next);
  }
}

std::string escape_search_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '|' || c == '$' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string to_token(std::string_view system, std::string_view code) {
  return system.empty() ? escape_search_value(code)
                        : escape_search_value(system) + "|" + escape_search_value(code);
}

}  // namespace kap::gateway::service

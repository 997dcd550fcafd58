// http://hl7.org/fhir/R4/http.html#search, http://hl7.org/fhir/R4/search.html
#include "gateway/service/search_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fhir/search/query.h"
#include "gateway/service/bundle.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

namespace search = fhir::search;
using Parameter = std::pair<std::string, std::string>;

constexpr std::size_t kEntryOverhead = 160;  // bytes around a resource in a searchset

std::string url_of(const Reader& reader, std::string_view type,
                   const std::vector<Parameter>& parameters, std::string_view cursor) {
  auto url = fmt::format("{}/{}", reader.base_url, type);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    url += separator;
    url += encode_query_part(name) + "=" + encode_query_part(value);
    separator = '&';
  }
  if (!cursor.empty()) {
    url += separator;
    url += kCursorParameter;
    url += "=" + encode_query_part(cursor);
  }
  return url;
}

/// The parameters of the search itself, the cursor apart.
struct Parts {
  std::vector<Parameter> parameters;
  std::string cursor;
};

Result<Parts> split(const SearchRequest& request) {
  Parts parts{.parameters = {}, .cursor = request.cursor};
  for (const auto& parameter : request.parameters) {
    if (parameter.first != kCursorParameter) {
      parts.parameters.push_back(parameter);
    } else if (parts.cursor.empty()) {
      parts.cursor = parameter.second;
    } else if (parts.cursor != parameter.second) {
      return fail(Category::kInvalidRequest, IssueType::kInvalid, "two cursors; give one",
                  std::string(kCursorParameter));
    }
  }
  return parts;
}

/// What parse_query understands and this server does not do. Under lenient handling what only
/// shapes the answer is ignored; a criterion never is, because that would widen the result.
Status apply_limits(search::Query& query, Handling handling) {
  for (const auto& criterion : query.criteria) {
    if (criterion.parameter != nullptr &&
        criterion.parameter->type == fhir::definitions::SearchType::kComposite)
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "composite parameters are not supported; search by their components",
                  std::string(criterion.parameter->code));
  }
  if (query.summary != search::Summary::kFalse && query.summary != search::Summary::kCount) {
    if (handling == Handling::kStrict)
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "only _summary=count and _summary=false are supported", "_summary");
    query.ignored.push_back({.severity = IssueSeverity::kWarning,
                             .code = IssueType::kNotSupported,
                             .diagnostics = "resources are returned whole; supported are "
                                            "_summary=count and _summary=false",
                             .expression = "_summary",
                             .position = {}});
    std::erase_if(query.used, [](const Parameter& used) { return used.first == "_summary"; });
    query.summary = search::Summary::kFalse;
  }
  return {};
}

/// Included resources need a scope of their own; what is not covered is left out without a word,
/// like what does not exist.
void keep_allowed(const security::Permit& permit, std::vector<store::StoredResource>& included) {
  std::erase_if(included, [&permit](const store::StoredResource& resource) {
    return !permit.allows(resource.type, security::Interaction::kRead) &&
           !permit.allows(resource.type, security::Interaction::kSearch);
  });
}

store::PageOptions to_page(const search::Query& query, std::string cursor,
                           store::Deadline deadline) {
  const auto count = query.count.value_or(limits::kSearchDefaultCount);
  const bool is_count_only = query.summary == search::Summary::kCount || count == 0;
  const bool is_counted = is_count_only || query.total != search::Total::kNone;
  return {
      .count = std::clamp<std::size_t>(count, 1, limits::kSearchMaxCount),
      .cursor = std::move(cursor),
      .total = is_counted ? store::PageOptions::Total::kAccurate : store::PageOptions::Total::kNone,
      .rows =
          is_count_only ? store::PageOptions::Rows::kNone : store::PageOptions::Rows::kResources,
      .deadline = deadline};
}

}  // namespace

Result<SearchPage> search_type(const security::Permit& permit, const Reader& reader,
                               const SearchRequest& request) {
  KAP_CHECK_OK(check_access(permit, request.type, security::Interaction::kSearch));
  KAP_TRY(auto parts, split(request));
  const search::QueryOptions options{.handling = request.handling == Handling::kStrict
                                                     ? search::Handling::kStrict
                                                     : search::Handling::kLenient,
                                     .now = reader.clock.now(),
                                     .base_url = reader.base_url};
  KAP_TRY(auto query, search::parse_query(request.type, parts.parameters, options));
  KAP_CHECK_OK(apply_limits(query, request.handling));
  const store::Query bound(permit, query, to_page(query, parts.cursor, request.deadline));
  KAP_TRY(auto found, reader.store.search(bound));
  keep_allowed(permit, found.included);

  SearchPage page;
  page.type = request.type;
  page.total = found.total;
  page.ignored = query.ignored;
  for (auto& match : found.matches) page.matches.push_back(to_resource(std::move(match)));
  for (auto& included : found.included) page.included.push_back(to_resource(std::move(included)));
  page.self_url = url_of(reader, request.type, query.used, parts.cursor);
  if (found.next) {
    page.next_cursor = *found.next;
    page.next_url = url_of(reader, request.type, query.used, page.next_cursor);
  }
  return page;
}

std::string encode_searchset(const SearchPage& page, const Reader& reader) {
  BundleWriter bundle("searchset", page.total);
  std::size_t bytes = 1024;
  for (const auto& resource : page.matches) bytes += resource.json.size() + kEntryOverhead;
  for (const auto& resource : page.included) bytes += resource.json.size() + kEntryOverhead;
  bundle.reserve(bytes);
  bundle.add_link("self", page.self_url);
  if (!page.next_url.empty()) bundle.add_link("next", page.next_url);
  const auto add = [&](const Resource& resource, std::string_view mode) {
    bundle.add_search_entry(reader.base_url + "/" + resource.type + "/" + resource.id.text(),
                            resource.json, mode);
  };
  for (const auto& resource : page.matches) add(resource, "match");
  for (const auto& resource : page.included) add(resource, "include");
  if (!page.ignored.empty())
    bundle.add_search_entry({}, encode_operation_outcome(page.ignored), "outcome");
  return std::move(bundle).finish();
}

}  // namespace kap::gateway::service

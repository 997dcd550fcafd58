// http://hl7.org/fhir/R4/search.html
#include "gateway/service/search_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fhir/search/query.h"
#include "fhir/search/subset.h"
#include "gateway/service/bundle.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

namespace search = fhir::search;
using Parameter = std::pair<std::string, std::string>;

std::string url_of(const Reader& reader, std::string_view path,
                   const std::vector<Parameter>& parameters, std::string_view cursor) {
  auto url = std::string(reader.base_url).append(path);
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

store::PageOptions::Total to_total(search::Total total) {
  switch (total) {
    case search::Total::kNone:
      return store::PageOptions::Total::kNone;
    case search::Total::kUnspecified:
      return store::PageOptions::Total::kIfCheap;
    case search::Total::kEstimate:
    case search::Total::kAccurate:
      break;
  }
  return store::PageOptions::Total::kAccurate;
}

store::PageOptions to_page(const search::Query& query, std::string cursor,
                           store::Deadline deadline) {
  const auto count = query.count.value_or(limits::kSearchDefaultCount);
  const bool is_count_only = query.summary == search::Summary::kCount || count == 0;
  return {.count = std::clamp<std::size_t>(count, 1, limits::kSearchMaxCount),
          .cursor = std::move(cursor),
          .total = is_count_only ? store::PageOptions::Total::kAccurate : to_total(query.total),
          .rows = is_count_only ? store::PageOptions::Rows::kNone
                                : store::PageOptions::Rows::kResources,
          .deadline = deadline};
}

/// Matches by `_summary` or `_elements`. Included resources by `_summary` too, and by those of
/// `_elements` that name their type: `Patient.name`.
class Subsets {
 public:
  explicit Subsets(const search::Query& query)
      : summary_(query.summary), elements_(query.elements) {
    for (const auto& element : elements_)
      if (element.contains('.')) typed_.push_back(element);
  }

  Result<Resource> match(store::StoredResource stored) const {
    return shaped(std::move(stored), elements_);
  }
  Result<Resource> include(store::StoredResource stored) const {
    return shaped(std::move(stored), typed_);
  }

 private:
  Result<Resource> shaped(store::StoredResource stored,
                          const std::vector<std::string>& elements) const {
    Resource resource = to_resource(std::move(stored));
    const search::SubsetOptions options{.summary = summary_, .elements = elements};
    if (search::is_subset(options)) {
      KAP_TRY(resource.json, search::to_subset(resource.json, options));
    }
    return resource;
  }

  search::Summary summary_;
  const std::vector<std::string>& elements_;
  std::vector<std::string> typed_;
};

search::QueryOptions to_options(const Reader& reader, const SearchRequest& request) {
  return {.handling = request.handling == Handling::kStrict ? search::Handling::kStrict
                                                            : search::Handling::kLenient,
          .now = reader.clock.now(),
          .base_url = reader.base_url,
          .terminology = reader.terminology,
          .compartment = request.compartment};
}

}  // namespace

Result<SearchPage> run_search(const security::Permit& permit, const Reader& reader,
                              const SearchRequest& request, const SearchTarget& target) {
  KAP_TRY(auto parts, split(request));
  const auto options = to_options(reader, request);
  KAP_TRY(auto query, target.level == SearchTarget::Level::kType
                          ? search::parse_query(target.types.front(), parts.parameters, options)
                          : search::parse_query(target.types, parts.parameters, options));
  const store::Query bound(permit, query, to_page(query, parts.cursor, request.deadline));
  KAP_TRY(auto found, reader.store.search(bound));

  SearchPage page;
  page.type = request.type;
  page.total = found.total;
  page.ignored = query.ignored;
  const Subsets subsets(query);
  for (auto& match : found.matches) {
    KAP_TRY(auto resource, subsets.match(std::move(match)));
    page.matches.push_back(std::move(resource));
  }
  for (auto& included : found.included) {
    KAP_TRY(auto resource, subsets.include(std::move(included)));
    page.included.push_back(std::move(resource));
  }
  page.self_url = url_of(reader, target.path, query.used, parts.cursor);
  if (found.next) {
    page.next_cursor = *found.next;
    page.next_url = url_of(reader, target.path, query.used, page.next_cursor);
  }
  return page;
}

}  // namespace kap::gateway::service

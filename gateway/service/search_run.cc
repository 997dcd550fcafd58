// http://hl7.org/fhir/R4/search.html
#include "gateway/service/search_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "fhir/search/query.h"
#include "fhir/search/subset.h"
#include "gateway/service/bundle.h"
#include "gateway/service/shipped_resources.h"
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

bool is_count_only(const search::Query& query) {
  return query.summary == search::Summary::kCount || query.count == 0U;
}

/// Whether shipped resources stand behind the store's last page; not where several types are asked.
bool has_shipped(const Reader& reader, const SearchTarget& target) {
  return reader.shipped != nullptr && target.level == SearchTarget::Level::kType &&
         reader.shipped->has_type(target.types.front());
}

/// `shipped:50`: from the fiftieth of them on. The store's cursors hold no colon.
constexpr std::string_view kShippedCursor = "shipped:";

std::optional<std::size_t> parse_shipped_cursor(std::string_view cursor) {
  if (!cursor.starts_with(kShippedCursor)) return std::nullopt;
  cursor.remove_prefix(kShippedCursor.size());
  std::size_t offset = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), offset);
  if (error != std::errc() || end != cursor.data() + cursor.size()) return std::nullopt;
  return offset;
}

store::PageOptions to_page(const search::Query& query, std::string cursor,
                           store::Deadline deadline) {
  const auto count = query.count.value_or(limits::kSearchDefaultCount);
  return {
      .count = std::clamp<std::size_t>(count, 1, limits::kSearchMaxCount),
      .cursor = std::move(cursor),
      .total = is_count_only(query) ? store::PageOptions::Total::kAccurate : to_total(query.total),
      .rows = is_count_only(query) ? store::PageOptions::Rows::kNone
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

  Result<Resource> match(Resource resource) const { return shaped(std::move(resource), elements_); }
  Result<Resource> include(Resource resource) const { return shaped(std::move(resource), typed_); }

 private:
  Result<Resource> shaped(Resource resource, const std::vector<std::string>& elements) const {
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
  std::vector<const Resource*> shipped;
  std::optional<std::size_t> shipped_offset;
  if (has_shipped(reader, target)) {
    shipped = reader.shipped->matching(target.types.front(), query);
    shipped_offset = parse_shipped_cursor(parts.cursor);
  }
  auto asked = to_page(query, shipped_offset ? std::string() : parts.cursor, request.deadline);
  if (shipped_offset) asked.rows = store::PageOptions::Rows::kNone;  // its pages are through
  const store::Query bound(permit, query, asked);
  KAP_TRY(auto found, reader.store.search(bound));

  SearchPage page;
  page.type = request.type;
  page.total = found.total;
  if (page.total) *page.total += shipped.size();
  page.ignored = query.ignored;
  const Subsets subsets(query);
  for (auto& match : found.matches) {
    KAP_TRY(auto resource, subsets.match(to_resource(std::move(match))));
    page.matches.push_back(std::move(resource));
  }
  for (auto& included : found.included) {
    KAP_TRY(auto resource, subsets.include(to_resource(std::move(included))));
    page.included.push_back(std::move(resource));
  }
  page.self_url = url_of(reader, target.path, query.used, parts.cursor);
  if (found.next) {
    page.next_cursor = *found.next;
  } else if (!is_count_only(query)) {
    std::size_t at = std::min(shipped_offset.value_or(0), shipped.size());
    for (; at < shipped.size() && page.matches.size() < asked.count; ++at) {
      KAP_TRY(auto resource, subsets.match(*shipped[at]));
      page.matches.push_back(std::move(resource));
    }
    if (at < shipped.size()) page.next_cursor = fmt::format("{}{}", kShippedCursor, at);
  }
  if (!page.next_cursor.empty())
    page.next_url = url_of(reader, target.path, query.used, page.next_cursor);
  return page;
}

}  // namespace kap::gateway::service

// http://hl7.org/fhir/R4/http.html#history
#include "gateway/service/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fhir/definitions/types.h"
#include "gateway/service/bundle.h"
#include "gateway/service/history_parameters.h"
#include "gateway/service/search_type.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

using security::Interaction;

constexpr std::size_t kEntryOverhead = 320;  // bytes around a resource in a history

/// The types of the system's history; nothing: all.
Result<std::optional<std::vector<std::string>>> system_types(const security::Permit& permit) {
  if (permit.allows("*", Interaction::kSearch)) return std::nullopt;
  std::vector<std::string> types;
  for (const auto* type : fhir::definitions::resource_types()) {
    if (permit.allows(type->name, Interaction::kSearch)) types.emplace_back(type->name);
  }
  if (!types.empty()) return types;
  return fail(Category::kForbidden, IssueType::kForbidden,
              "no scope of the token covers the history of any type; it needs one such as "
              "system/*.s");
}

Result<store::HistoryScope> scope_of(const security::Permit& permit,
                                     const HistoryRequest& request) {
  store::HistoryScope scope{.id = request.id};
  if (request.type.empty()) {
    KAP_TRY(scope.types, system_types(permit));
    return scope;
  }
  KAP_CHECK_OK(
      check_access(permit, request.type, request.id ? Interaction::kRead : Interaction::kSearch));
  scope.types.emplace({request.type});
  return scope;
}

std::string url_of(const Reader& reader, const HistoryRequest& request,
                   const HistoryParameters& parameters, std::string_view cursor) {
  auto url = reader.base_url;
  if (!request.type.empty()) url += "/" + request.type;
  if (request.id) url += "/" + request.id->text();
  url += fmt::format("/_history?_count={}", parameters.count);
  for (const auto& [name, value] : parameters.repeated)
    url += "&" + encode_query_part(name) + "=" + encode_query_part(value);
  if (!cursor.empty()) url += fmt::format("&{}={}", kCursorParameter, encode_query_part(cursor));
  return url;
}

HistoryVersion to_version(store::StoredResource stored) {
  using Change = HistoryVersion::Change;
  const auto change = stored.deleted        ? Change::kDeleted
                      : stored.version == 1 ? Change::kCreated
                                            : Change::kUpdated;
  return {.resource = to_resource(std::move(stored)), .change = change};
}

void add_version(const Reader& reader, const HistoryVersion& version, BundleWriter& out) {
  using Change = HistoryVersion::Change;
  const auto& resource = version.resource;
  const auto path = resource.type + "/" + resource.id.text();
  const bool is_created = version.change == Change::kCreated;
  const bool is_deleted = version.change == Change::kDeleted;
  out.add_history_entry({.full_url = reader.base_url + "/" + path,
                         .json = resource.json,
                         .method = is_created   ? "POST"
                                   : is_deleted ? "DELETE"
                                                : "PUT",
                         .request_url = is_created ? resource.type : path,
                         .status = is_created   ? "201"
                                   : is_deleted ? "204"
                                                : "200",
                         .version = resource.version,
                         .last_modified = to_fhir_instant(resource.last_updated)});
}

}  // namespace

Result<HistoryPage> history(const security::Permit& permit, const Reader& reader,
                            const HistoryRequest& request) {
  using Total = store::PageOptions::Total;
  using Rows = store::PageOptions::Rows;
  KAP_TRY(auto scope, scope_of(permit, request));
  KAP_TRY(const auto parameters, parse_history_parameters(request.parameters));
  scope.since = parameters.since;
  scope.at = parameters.at;
  const bool is_count_only = parameters.count == 0;
  const store::HistoryQuery query(permit, std::move(scope),
                                  {.count = std::max<std::size_t>(parameters.count, 1),
                                   .cursor = parameters.cursor,
                                   .total = is_count_only ? Total::kAccurate : Total::kNone,
                                   .rows = is_count_only ? Rows::kNone : Rows::kResources,
                                   .deadline = request.deadline});
  KAP_TRY(auto found, reader.store.history(query));

  HistoryPage page{.total = found.total,
                   .versions = {},
                   .self_url = url_of(reader, request, parameters, parameters.cursor),
                   .next_url = {},
                   .next_cursor = {}};
  page.versions.reserve(found.versions.size());
  for (auto& version : found.versions) page.versions.push_back(to_version(std::move(version)));
  if (found.next) {
    page.next_cursor = std::move(*found.next);
    page.next_url = url_of(reader, request, parameters, page.next_cursor);
  }
  return page;
}

std::string encode_history(const HistoryPage& page, const Reader& reader) {
  BundleWriter bundle("history", page.total);
  std::size_t bytes = 1024;
  for (const auto& version : page.versions) bytes += version.resource.json.size() + kEntryOverhead;
  bundle.reserve(bytes);
  bundle.add_link("self", page.self_url);
  if (!page.next_url.empty()) bundle.add_link("next", page.next_url);
  for (const auto& version : page.versions) add_version(reader, version, bundle);
  return std::move(bundle).finish();
}

}  // namespace kap::gateway::service

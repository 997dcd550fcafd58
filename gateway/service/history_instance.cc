// http://hl7.org/fhir/R4/http.html#history
#include "gateway/service/history_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/service/bundle.h"
#include "gateway/service/search_type.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

std::string url_of(const Reader& reader, const HistoryRequest& request, std::size_t count,
                   std::string_view cursor) {
  auto url = fmt::format("{}/{}/{}/_history?_count={}", reader.base_url, request.type,
                         request.id.text(), count);
  if (!cursor.empty()) url += fmt::format("&{}={}", kCursorParameter, encode_query_part(cursor));
  return url;
}

void add_version(const Reader& reader, const store::StoredResource& version, BundleWriter& out) {
  const auto path = version.type + "/" + version.id.text();
  out.add_history_entry({.full_url = reader.base_url + "/" + path,
                         .json = version.body,
                         .method = version.deleted ? "DELETE" : "PUT",
                         .request_url = path,
                         .status = version.deleted        ? "204"
                                   : version.version == 1 ? "201"
                                                          : "200",
                         .version = version.version,
                         .last_modified = to_fhir_instant(version.last_updated)});
}

}  // namespace

Result<std::string> history_instance(const security::Permit& permit, const Reader& reader,
                                     const HistoryRequest& request) {
  KAP_CHECK_OK(check_access(permit, request.type, security::Interaction::kRead));
  const auto count = std::min(request.count, limits::kSearchMaxCount);
  store::PageOptions page{.count = std::max<std::size_t>(count, 1),
                          .cursor = std::string(request.cursor),
                          .total = store::PageOptions::Total::kAccurate};
  KAP_TRY(const auto found, reader.store.history(permit, request.type, request.id, page));
  BundleWriter bundle("history", found.total);
  bundle.add_link("self", url_of(reader, request, count, request.cursor));
  if (count == 0) return std::move(bundle).finish();
  if (found.next) bundle.add_link("next", url_of(reader, request, count, *found.next));
  for (const auto& version : found.versions) add_version(reader, version, bundle);
  return std::move(bundle).finish();
}

}  // namespace kap::gateway::service

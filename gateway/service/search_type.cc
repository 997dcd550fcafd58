// http://hl7.org/fhir/R4/http.html#search, http://hl7.org/fhir/R4/search.html
#include "gateway/service/search_type.h"

#include <utility>

#include "gateway/service/bundle.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/service/search_run.h"

namespace kap::gateway::service {
namespace {

constexpr std::size_t kEntryOverhead = 160;  // bytes around a resource in a searchset

}  // namespace

Result<SearchPage> search_type(const security::Permit& permit, const Reader& reader,
                               const SearchRequest& request) {
  KAP_CHECK_OK(check_access(permit, request.type, security::Interaction::kSearch));
  return run_search(
      permit, reader, request,
      {.types = {request.type}, .level = SearchTarget::Level::kType, .path = "/" + request.type});
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

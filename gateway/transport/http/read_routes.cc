#include "gateway/transport/http/read_routes.h"

#include <string>
#include <utility>
#include <vector>

#include "gateway/service/choose_elements.h"
#include "gateway/service/read.h"
#include "gateway/service/vread.h"
#include "gateway/transport/http/conditional.h"
#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

using security::Interaction;
using security::Permit;
using service::Reader;

Result<Response> read(const Reader& reader, const Call& call, const Permit& permit) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_TRY(const ResourceId id, parse_id(call.path[1]));
  KAP_CHECK_OK(check_parameters(call.request, {"_summary", "_elements"}));
  KAP_TRY(service::Resource resource, service::read(permit, reader, call.path[0], id));
  if (is_not_modified(call.request.headers, resource.version, resource.last_updated)) {
    Response response{.status = 304, .headers = {}, .body = {}};
    response.with("ETag", to_etag(resource.version));
    response.with("Last-Modified", to_http_date(resource.last_updated));
    return response;
  }
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const QueryPair& pair : call.request.query) parameters.emplace_back(pair.name, pair.value);
  KAP_CHECK_OK(service::choose_elements(parameters, resource));
  return encode(std::move(resource), representation);
}

Result<Response> vread(const Reader& reader, const Call& call, const Permit& permit) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_TRY(const ResourceId id, parse_id(call.path[1]));
  KAP_TRY(const std::uint64_t version, parse_version(call.path[2]));
  KAP_CHECK_OK(check_parameters(call.request, {}));
  KAP_TRY(service::Resource resource, service::vread(permit, reader, call.path[0], id, version));
  return encode(std::move(resource), representation);
}

}  // namespace

RouteTable read_routes(const Reader& reader) {
  return {
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/{id}",
       .access = Scoped{Interaction::kRead},
       .handler = permitted(reader, &read),
       .specification = "http://hl7.org/fhir/R4/http.html#read",
       .capability = "read"},
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/{id}/_history/{vid}",
       .access = Scoped{Interaction::kRead},
       .handler = permitted(reader, &vread),
       .specification = "http://hl7.org/fhir/R4/http.html#vread",
       .capability = "vread"},
  };
}

}  // namespace kap::gateway::transport::http

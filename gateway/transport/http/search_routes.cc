#include "gateway/transport/http/search_routes.h"

#include <string>
#include <utility>
#include <vector>

#include "gateway/service/search_type.h"
#include "gateway/transport/http/fhir_call.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

using security::Interaction;
using security::Permit;
using service::Reader;

using Deadline = std::chrono::steady_clock::time_point;

Result<Response> search(const Reader& reader, const Call& call, const std::vector<QueryPair>& form,
                        const Permit& permit, Deadline deadline) {
  // _format may stand in the form, too.
  Request request;
  request.headers = call.request.headers;
  request.query = call.request.query;
  request.query.insert(request.query.end(), form.begin(), form.end());
  KAP_TRY(const Representation representation, negotiate(request));
  service::SearchRequest search{.type = std::string(call.path[0]),
                                .parameters = {},
                                .handling = handling_of(request),
                                .cursor = {},
                                .deadline = deadline};
  for (QueryPair& pair : request.query)
    search.parameters.emplace_back(std::move(pair.name), std::move(pair.value));
  KAP_TRY(const service::SearchPage page, service::search_type(permit, reader, search));
  return encode(service::encode_searchset(page, reader), representation);
}

Result<std::vector<QueryPair>> form_of(const Request& request) {
  const auto type = request.headers.find("Content-Type");
  if (!request.body.empty() &&
      media_type(type.value_or("")) != "application/x-www-form-urlencoded") {
    return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
                "_search takes its parameters as application/x-www-form-urlencoded");
  }
  return parse_form(request.body);
}

}  // namespace

RouteTable search_routes(const Reader& reader, std::chrono::milliseconds deadline) {
  const auto by_url = [deadline](const Reader& all, const Call& call, const Permit& permit) {
    return search(all, call, {}, permit, std::chrono::steady_clock::now() + deadline);
  };
  const auto by_form = [deadline](const Reader& all, const Call& call,
                                  const Permit& permit) -> Result<Response> {
    KAP_TRY(const auto form, form_of(call.request));
    return search(all, call, form, permit, std::chrono::steady_clock::now() + deadline);
  };
  return {
      {.method = Method::kGet,
       .pattern = "/fhir/{type}",
       .access = Scoped{Interaction::kSearch},
       .execution = Execution::kPooled,
       .handler = permitted(reader, by_url),
       .specification = "http://hl7.org/fhir/R4/http.html#search",
       .capability = "search-type"},
      {.method = Method::kPost,
       .pattern = "/fhir/{type}/_search",
       .access = Scoped{Interaction::kSearch},
       .execution = Execution::kPooled,
       .handler = permitted(reader, by_form),
       .specification = "http://hl7.org/fhir/R4/http.html#search",
       .max_body_bytes = 256U << 10U},
  };
}

}  // namespace kap::gateway::transport::http

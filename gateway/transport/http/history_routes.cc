#include "gateway/transport/http/history_routes.h"

#include <string>
#include <utility>

#include "gateway/service/history.h"
#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

using security::Interaction;
using security::Permit;
using service::Reader;

constexpr std::string_view kSpecification = "http://hl7.org/fhir/R4/http.html#history";

using Deadline = std::chrono::steady_clock::time_point;

/// What the path does not name, it does not bound: `/fhir/_history` has no values at all.
Result<Response> history(const Reader& reader, const Call& call, const Permit& permit,
                         Deadline deadline) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  service::HistoryRequest request{.deadline = deadline};
  if (!call.path.empty()) request.type = call.path[0];
  if (call.path.size() > 1) {
    KAP_TRY(request.id, parse_id(call.path[1]));
  }
  for (const QueryPair& pair : call.request.query)
    request.parameters.emplace_back(pair.name, pair.value);
  KAP_TRY(const service::HistoryPage page, service::history(permit, reader, request));
  return encode(service::encode_history(page, reader), representation);
}

}  // namespace

RouteTable history_routes(const Reader& reader, std::chrono::milliseconds deadline) {
  const auto answer =
      permitted(reader, [deadline](const Reader& context, const Call& call, const Permit& permit) {
        return history(context, call, permit, std::chrono::steady_clock::now() + deadline);
      });
  return {
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/{id}/_history",
       .access = Scoped{Interaction::kRead},
       .execution = Execution::kPooled,
       .handler = answer,
       .specification = kSpecification,
       .capability = "history-instance"},
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/_history",
       .access = Scoped{Interaction::kSearch},
       .execution = Execution::kPooled,
       .handler = answer,
       .specification = kSpecification,
       .capability = "history-type"},
      {.method = Method::kGet,
       .pattern = "/fhir/_history",
       .access = Authenticated{},
       .execution = Execution::kPooled,
       .handler = answer,
       .specification = kSpecification,
       .capability = "history-system"},
  };
}

}  // namespace kap::gateway::transport::http

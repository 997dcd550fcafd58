#include "gateway/transport/http/metadata_routes.h"

#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

Result<Response> capabilities(const std::string& statement, const Call& call) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  Response response = encode(statement, representation);
  response.with("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace

RouteTable metadata_routes(const std::string& capability_statement) {
  return {
      {.method = Method::kGet,
       .pattern = "/fhir/metadata",
       .access = Public{},
       .handler = PublicHandler([&capability_statement](const Call& call) {
         auto response = capabilities(capability_statement, call);
         return response ? *std::move(response) : to_response(response.error());
       }),
       .specification = "http://hl7.org/fhir/R4/http.html#capabilities"},
  };
}

}  // namespace kap::gateway::transport::http

#include "gateway/transport/http/metadata_routes.h"

#include <algorithm>

#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

Result<const std::string*> choose(const Metadata& metadata, const Request& request) {
  std::string_view mode = "full";
  for (const QueryPair& pair : request.query)
    if (pair.name == "mode") mode = pair.value;
  if (mode == "full") return &metadata.full;
  if (mode == "normative") return &metadata.normative;
  if (mode == "terminology") return &metadata.terminology;
  return fail(Category::kInvalidRequest, IssueType::kValue,
              "mode is one of full, normative and terminology", "mode");
}

Result<Response> capabilities(const Metadata& metadata, const Call& call) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_CHECK_OK(check_parameters(call.request, {"mode"}));
  KAP_TRY(const std::string* statement, choose(metadata, call.request));
  Response response = encode(*statement, representation);
  response.with("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace

RouteTable metadata_routes(const Metadata& metadata) {
  return {
      {.method = Method::kGet,
       .pattern = "/fhir/metadata",
       .access = Public{},
       .handler = PublicHandler([&metadata](const Call& call) {
         auto response = capabilities(metadata, call);
         return response ? *std::move(response) : to_response(response.error());
       }),
       .specification = "http://hl7.org/fhir/R4/http.html#capabilities"},
  };
}

}  // namespace kap::gateway::transport::http

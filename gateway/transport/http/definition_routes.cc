#include "gateway/transport/http/definition_routes.h"

#include <string>
#include <utility>
#include <vector>

#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

using service::DefinitionResources;

Result<Response> read(const DefinitionResources& definitions, std::string_view type,
                      const Call& call) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_TRY(auto json, definitions.read(type, call.path.front()));
  return encode(std::move(json), representation);
}

Result<Response> search(const DefinitionResources& definitions, std::string_view type,
                        const Call& call) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const QueryPair& pair : call.request.query) parameters.emplace_back(pair.name, pair.value);
  KAP_TRY(auto json, definitions.search(type, parameters));
  return encode(std::move(json), representation);
}

template <class Function>
Route row(const DefinitionResources& definitions, std::string_view type, std::string_view pattern,
          std::string_view capability, Function function) {
  return {.method = Method::kGet,
          .pattern = pattern,
          .access = Public{},
          .handler = PublicHandler([&definitions, type, function](const Call& call) -> Response {
            auto response = function(definitions, type, call);
            return response ? *std::move(response) : to_response(response.error());
          }),
          .specification = capability == "read" ? "http://hl7.org/fhir/R4/http.html#read"
                                                : "http://hl7.org/fhir/R4/http.html#search",
          .capability = capability};
}

}  // namespace

RouteTable definition_routes(const DefinitionResources& definitions) {
  return {
      row(definitions, "OperationDefinition", "/fhir/OperationDefinition/{id}", "read", &read),
      row(definitions, "OperationDefinition", "/fhir/OperationDefinition", "search-type", &search),
      row(definitions, "SearchParameter", "/fhir/SearchParameter/{id}", "read", &read),
      row(definitions, "SearchParameter", "/fhir/SearchParameter", "search-type", &search),
  };
}

}  // namespace kap::gateway::transport::http

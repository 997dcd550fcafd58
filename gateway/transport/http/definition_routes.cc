#include "gateway/transport/http/definition_routes.h"

#include <string>
#include <utility>
#include <vector>

#include "gateway/transport/http/fhir_call.h"
#include "gateway/transport/http/target.h"

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
  if (call.request.method == Method::kPost) {
    const auto media = call.request.headers.find("Content-Type");
    if (!call.request.body.empty() &&
        media_type(media.value_or("")) != "application/x-www-form-urlencoded")
      return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
                  "_search takes its parameters as application/x-www-form-urlencoded");
    KAP_TRY(const auto form, parse_form(call.request.body));
    for (const QueryPair& pair : form) parameters.emplace_back(pair.name, pair.value);
  }
  KAP_TRY(auto json, definitions.search(type, parameters));
  return encode(std::move(json), representation);
}

/// Hides the rows of `{type}`, which look for versions in the store.
Result<Response> no_history(const DefinitionResources&, std::string_view, const Call&) {
  return fail(Category::kNotFound, IssueType::kNotSupported,
              "definitions are part of the program and have no versions");
}

using Function = Result<Response> (*)(const DefinitionResources&, std::string_view, const Call&);

class Rows {
 public:
  Rows(const DefinitionResources& definitions, std::string_view type)
      : definitions_(definitions), type_(type) {}

  void add(Method method, std::string_view pattern, Function function,
           std::string_view capability = {}) {
    table_.push_back({.method = method,
                      .pattern = pattern,
                      .access = Public{},
                      .handler = PublicHandler([&definitions = definitions_, type = type_,
                                                function](const Call& call) -> Response {
                        auto response = function(definitions, type, call);
                        return response ? *std::move(response) : to_response(response.error());
                      }),
                      .specification = function == &read
                                           ? "http://hl7.org/fhir/R4/http.html#read"
                                           : "http://hl7.org/fhir/R4/http.html#search",
                      .capability = capability,
                      .max_body_bytes = kFormBytes});
  }
  void append_to(RouteTable& table) {
    for (auto& route : table_) table.push_back(std::move(route));
  }

 private:
  static constexpr std::size_t kFormBytes = 64U << 10U;

  const DefinitionResources& definitions_;
  std::string_view type_;
  RouteTable table_;
};

}  // namespace

RouteTable definition_routes(const DefinitionResources& definitions) {
  RouteTable table;
  Rows operations(definitions, "OperationDefinition");
  operations.add(Method::kGet, "/fhir/OperationDefinition/{id}", &read, "read");
  operations.add(Method::kGet, "/fhir/OperationDefinition", &search, "search-type");
  operations.add(Method::kPost, "/fhir/OperationDefinition/_search", &search);
  operations.add(Method::kGet, "/fhir/OperationDefinition/_history", &no_history);
  operations.add(Method::kGet, "/fhir/OperationDefinition/{id}/_history", &no_history);
  operations.add(Method::kGet, "/fhir/OperationDefinition/{id}/_history/{vid}", &no_history);
  operations.append_to(table);
  Rows parameters(definitions, "SearchParameter");
  parameters.add(Method::kGet, "/fhir/SearchParameter/{id}", &read, "read");
  parameters.add(Method::kGet, "/fhir/SearchParameter", &search, "search-type");
  parameters.add(Method::kPost, "/fhir/SearchParameter/_search", &search);
  parameters.add(Method::kGet, "/fhir/SearchParameter/_history", &no_history);
  parameters.add(Method::kGet, "/fhir/SearchParameter/{id}/_history", &no_history);
  parameters.add(Method::kGet, "/fhir/SearchParameter/{id}/_history/{vid}", &no_history);
  parameters.append_to(table);
  return table;
}

}  // namespace kap::gateway::transport::http

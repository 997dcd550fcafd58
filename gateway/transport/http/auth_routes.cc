#include "gateway/transport/http/auth_routes.h"

#include <utility>

#include "gateway/transport/http/error_response.h"
#include "gateway/transport/http/negotiation.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

using security::OAuthError;

Response refuse(std::string_view why) {
  return to_response(
      OAuthError{.code = OAuthError::Code::kInvalidRequest, .description = std::string(why)});
}

Response token(const AuthInteractions& interactions, const Call& call) {
  const Request& request = call.request;
  if (media_type(request.headers.find("Content-Type").value_or("")) !=
      "application/x-www-form-urlencoded")
    return refuse("the body must be application/x-www-form-urlencoded");
  if (!request.query.empty())
    return refuse("the parameters belong in the body, not in the URL, where they would be logged");
  if (request.headers.find("Authorization"))
    return refuse("clients authenticate with client_assertion alone");
  auto form = parse_form(request.body);
  if (!form) return refuse(form.error().summary());
  security::TokenEndpoint::Parameters parameters;
  for (QueryPair& pair : *form)
    parameters.emplace_back(std::move(pair.name), std::move(pair.value));
  const auto grant = interactions.tokens.grant(parameters);
  if (!grant) return to_response(grant.error());
  Response response{.status = 200, .headers = {}, .body = to_json(*grant)};
  response.with("Content-Type", "application/json").with("Pragma", "no-cache");
  return response;
}

Response constant_json(const std::string& json) {
  Response response;
  response.body.append_constant(json);
  response.with("Content-Type", "application/json").with("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace

RouteTable auth_routes(const AuthInteractions& interactions) {
  const PublicHandler smart_configuration = [&](const Call&) {
    return constant_json(interactions.smart_configuration);
  };
  static constexpr std::string_view kSmart =
      "https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html";
  return {
      {.method = Method::kPost,
       .pattern = "/auth/token",
       .access = Public{},
       .execution = Execution::kPooled,
       .handler = PublicHandler([&](const Call& call) { return token(interactions, call); }),
       .specification = "https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html",
       .max_body_bytes = 64U << 10U},
      {.method = Method::kGet,
       .pattern = "/auth/jwks",
       .access = Public{},
       .handler =
           PublicHandler([&](const Call&) { return constant_json(interactions.key.jwks()); }),
       .specification = "https://www.rfc-editor.org/rfc/rfc7517#section-5"},
      {.method = Method::kGet,
       .pattern = "/fhir/.well-known/smart-configuration",
       .access = Public{},
       .handler = smart_configuration,
       .specification = kSmart},
      {.method = Method::kGet,
       .pattern = "/.well-known/smart-configuration",
       .access = Public{},
       .handler = smart_configuration,
       .specification = kSmart},
  };
}

}  // namespace kap::gateway::transport::http

#include "gateway/transport/http/fhir_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/transport/http/conditional.h"
#include "gateway/transport/http/error_response.h"
#include "gateway/transport/http/negotiation.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

using security::Interaction;
using security::Permit;

/// A body in the form that was asked for. What is stored is written as it is, unless a person wants
/// to read it.
Response encode(std::string json, const Representation& representation) {
  Response response;
  if (representation.pretty == Pretty::kYes) {
    if (const auto document = fhir::json::parse(json)) {
      json.clear();
      fhir::json::print(document->root, json, fhir::json::Layout::kPretty);
    }
  }
  response.body.append(std::move(json));
  response.with("Content-Type", representation.content_type);
  return response;
}

Response encode(service::Resource resource, const Representation& representation) {
  Response response = encode(std::move(resource.json), representation);
  response.with("ETag", to_etag(resource.version));
  response.with("Last-Modified", to_http_date(resource.last_updated));
  return response;
}

service::Handling handling_of(const Request& request) {
  std::string prefer = request.headers.joined("Prefer");
  std::erase_if(prefer, [](char c) { return c == ' ' || c == '"'; });
  return prefer.find("handling=strict") != std::string::npos ? service::Handling::kStrict
                                                             : service::Handling::kLenient;
}

/// R4 `id`. What is none cannot exist, and is answered like what does not exist.
Result<ResourceId> parse_id(std::string_view text) {
  const bool sane = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  if (sane) return ResourceId(std::string(text));
  if (text.starts_with('$'))
    return fail(Category::kNotFound, IssueType::kNotSupported, "this operation is not supported");
  return fail(Category::kNotFound, IssueType::kNotFound,
              "there is no such resource; an id has 1 to 64 of A-Z a-z 0-9 - .");
}

Result<std::uint64_t> parse_version(std::string_view text) {
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error == std::errc{} && end == text.data() + text.size() && !text.empty()) return version;
  return fail(Category::kNotFound, IssueType::kNotFound, "there is no such version");
}

/// Parameters that reads take. RFC 7240 strict handling refuses others instead of ignoring them.
Status check_parameters(const Request& request, std::initializer_list<std::string_view> known) {
  if (handling_of(request) == service::Handling::kLenient) return {};
  for (const QueryPair& pair : request.query)
    if (pair.name != "_format" && pair.name != "_pretty" &&
        std::ranges::find(known, pair.name) == known.end())
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "a parameter is not known here and Prefer: handling=strict was given");
  return {};
}

Result<Response> read(const FhirInteractions& interactions, const Call& call,
                      const Permit& permit) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_TRY(const ResourceId id, parse_id(call.path[1]));
  KAP_CHECK_OK(check_parameters(call.request, {}));
  KAP_TRY(service::Resource resource, interactions.read(permit, call.path[0], id));
  if (is_not_modified(call.request.headers, resource.version, resource.last_updated)) {
    Response response{.status = 304, .headers = {}, .body = {}};
    response.with("ETag", to_etag(resource.version));
    response.with("Last-Modified", to_http_date(resource.last_updated));
    return response;
  }
  return encode(std::move(resource), representation);
}

Result<Response> vread(const FhirInteractions& interactions, const Call& call,
                       const Permit& permit) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_TRY(const ResourceId id, parse_id(call.path[1]));
  KAP_TRY(const std::uint64_t version, parse_version(call.path[2]));
  KAP_CHECK_OK(check_parameters(call.request, {}));
  KAP_TRY(service::Resource resource, interactions.vread(permit, call.path[0], id, version));
  return encode(std::move(resource), representation);
}

Result<Response> history_instance(const FhirInteractions& interactions, const Call& call,
                                  const Permit& permit) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_TRY(const ResourceId id, parse_id(call.path[1]));
  KAP_CHECK_OK(check_parameters(call.request, {"_count", service::kCursorParameter}));
  service::HistoryRequest request{.type = call.path[0], .id = id};
  for (const QueryPair& pair : call.request.query) {
    if (pair.name == service::kCursorParameter) request.cursor = pair.value;
    if (pair.name != "_count") continue;
    const char* end = pair.value.data() + pair.value.size();
    const auto [at, error] = std::from_chars(pair.value.data(), end, request.count);
    if (error != std::errc{} || at != end)
      return fail(Category::kInvalidRequest, IssueType::kValue, "expected a whole number",
                  "_count");
  }
  KAP_TRY(std::string bundle, interactions.history_instance(permit, request));
  return encode(std::move(bundle), representation);
}

Result<Response> search(const FhirInteractions& interactions, const Call& call,
                        const std::vector<QueryPair>& form, const Permit& permit) {
  // _format may stand in the form, too.
  Request request;
  request.headers = call.request.headers;
  request.query = call.request.query;
  request.query.insert(request.query.end(), form.begin(), form.end());
  KAP_TRY(const Representation representation, negotiate(request));
  service::SearchRequest search{
      .type = std::string(call.path[0]),
      .parameters = {},
      .handling = handling_of(request),
      .cursor = {},
      .deadline = std::chrono::steady_clock::now() + interactions.search_deadline};
  for (QueryPair& pair : request.query)
    search.parameters.emplace_back(std::move(pair.name), std::move(pair.value));
  KAP_TRY(std::string bundle, interactions.search_type(permit, search));
  return encode(std::move(bundle), representation);
}

Result<Response> search_by_form(const FhirInteractions& interactions, const Call& call,
                                const Permit& permit) {
  const auto type = call.request.headers.find("Content-Type");
  if (!call.request.body.empty() &&
      media_type(type.value_or("")) != "application/x-www-form-urlencoded") {
    return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
                "_search takes its parameters as application/x-www-form-urlencoded");
  }
  KAP_TRY(const std::vector<QueryPair> form, parse_form(call.request.body));
  return search(interactions, call, form, permit);
}

Result<Response> metadata(const FhirInteractions& interactions, const Call& call) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  Response response = encode(interactions.capability_statement, representation);
  response.with("Cache-Control", "public, max-age=300");
  return response;
}

Response settle(Result<Response> result) {
  return result ? *std::move(result) : to_response(result.error());
}

}  // namespace

RouteTable fhir_routes(const FhirInteractions& interactions) {
  const auto scoped = [&interactions](auto function) -> PermitHandler {
    return [&interactions, function](const Call& call, const Permit& permit) {
      return settle(function(interactions, call, permit));
    };
  };
  const auto search_by_url = [](const FhirInteractions& all, const Call& call,
                                const Permit& permit) { return search(all, call, {}, permit); };
  return {
      {.method = Method::kGet,
       .pattern = "/fhir/metadata",
       .access = Public{},
       .handler =
           PublicHandler([&](const Call& call) { return settle(metadata(interactions, call)); }),
       .specification = "http://hl7.org/fhir/R4/http.html#capabilities"},
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/{id}",
       .access = Scoped{Interaction::kRead},
       .handler = scoped(&read),
       .specification = "http://hl7.org/fhir/R4/http.html#read"},
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/{id}/_history/{vid}",
       .access = Scoped{Interaction::kRead},
       .handler = scoped(&vread),
       .specification = "http://hl7.org/fhir/R4/http.html#vread"},
      {.method = Method::kGet,
       .pattern = "/fhir/{type}/{id}/_history",
       .access = Scoped{Interaction::kRead},
       .execution = Execution::kPooled,
       .handler = scoped(&history_instance),
       .specification = "http://hl7.org/fhir/R4/http.html#history"},
      {.method = Method::kGet,
       .pattern = "/fhir/{type}",
       .access = Scoped{Interaction::kSearch},
       .execution = Execution::kPooled,
       .handler = scoped(search_by_url),
       .specification = "http://hl7.org/fhir/R4/http.html#search"},
      {.method = Method::kPost,
       .pattern = "/fhir/{type}/_search",
       .access = Scoped{Interaction::kSearch},
       .execution = Execution::kPooled,
       .handler = scoped(&search_by_form),
       .specification = "http://hl7.org/fhir/R4/http.html#search",
       .max_body_bytes = 256U << 10U},
  };
}

}  // namespace kap::gateway::transport::http

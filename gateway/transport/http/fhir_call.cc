#include "gateway/transport/http/fhir_call.h"

#include <algorithm>
#include <charconv>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/transport/http/conditional.h"

namespace kap::gateway::transport::http {

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

Status check_parameters(const Request& request, std::initializer_list<std::string_view> known) {
  if (handling_of(request) == service::Handling::kLenient) return {};
  for (const QueryPair& pair : request.query)
    if (pair.name != "_format" && pair.name != "_pretty" &&
        std::ranges::find(known, pair.name) == known.end())
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "a parameter is not known here and Prefer: handling=strict was given");
  return {};
}

}  // namespace kap::gateway::transport::http

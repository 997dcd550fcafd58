#include "gateway/transport/http/error_response.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/json/print.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/service/response_status.h"

namespace kap::gateway::transport::http {
namespace {

IssueType issue_of(unsigned status) {
  switch (status) {
    case 408:
      return IssueType::kTimeout;
    case 503:
      return IssueType::kThrottled;
    case 413:
    case 414:
    case 431:
      return IssueType::kTooLong;
    case 417:
    case 501:
    case 505:
      return IssueType::kNotSupported;
    default:
      return IssueType::kInvalid;
  }
}

Response operation_outcome(unsigned status, const Outcome& outcome) {
  Response response{
      .status = status, .headers = {}, .body = service::encode_operation_outcome(outcome)};
  response.with("Content-Type", std::string(kFhirJson));
  return response;
}

/// A quoted-string of RFC 9110 section 5.6.4.
std::string to_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text)
    if (c >= 0x20 && c < 0x7f) out += c == '"' || c == '\\' ? '\'' : c;
  return out + '"';
}

}  // namespace

unsigned to_status(Category category) { return service::to_http_status(category); }

Response to_response(const Outcome& outcome) {
  Response response = operation_outcome(to_status(outcome.category()), outcome);
  if (outcome.category() == Category::kUnavailable || outcome.category() == Category::kThrottled)
    response.with("Retry-After", "1");
  if (outcome.category() == Category::kUnauthenticated)
    response.with("WWW-Authenticate", "Bearer realm=\"fhir\"");
  return response;
}

Response to_response(const Fault& fault) {
  Response response = operation_outcome(
      fault.status, Outcome(Category::kInvalidRequest, issue_of(fault.status), fault.why));
  if (fault.status == 503) response.with("Retry-After", "1");
  return response;
}

Response unauthenticated(const Outcome& outcome, Presented presented) {
  Response response = operation_outcome(401, outcome);
  std::string challenge = "Bearer realm=\"fhir\"";
  if (presented == Presented::kToken)
    challenge += ", error=\"invalid_token\", error_description=" + to_quoted(outcome.summary());
  response.with("WWW-Authenticate", std::move(challenge));
  return response;
}

Response insufficient_scope(std::string_view scope) {
  Response response = operation_outcome(
      403, Outcome(Category::kForbidden, IssueType::kForbidden,
                   fmt::format("the token does not cover this; it would take {}", scope)));
  response.with("WWW-Authenticate",
                fmt::format("Bearer realm=\"fhir\", error=\"insufficient_scope\", scope={}",
                            to_quoted(scope)));
  return response;
}

Response method_not_allowed(const std::vector<Method>& allowed) {
  std::string names;
  for (const Method method : allowed) {
    const std::string_view name = to_text(method);
    if (names.find(name) != std::string::npos) continue;
    names += names.empty() ? "" : ", ";
    names += name;
  }
  Response response = operation_outcome(
      405, Outcome(Category::kMethodNotAllowed, IssueType::kNotSupported,
                   fmt::format("this path does not take that method; it takes {}", names)));
  response.with("Allow", std::move(names));
  return response;
}

Response to_response(const security::OAuthError& error) {
  using Code = security::OAuthError::Code;
  std::string body = fmt::format("{{\"error\":\"{}\",\"error_description\":", to_text(error.code));
  fhir::json::print_string(error.description, body);
  body += '}';
  unsigned status = 400;
  if (error.code == Code::kInvalidClient) status = 401;
  if (error.code == Code::kServerError) status = 500;
  if (error.code == Code::kTemporarilyUnavailable) status = 503;
  Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.with("Content-Type", "application/json").with("Pragma", "no-cache");
  if (status == 503) response.with("Retry-After", "1");
  return response;
}

}  // namespace kap::gateway::transport::http

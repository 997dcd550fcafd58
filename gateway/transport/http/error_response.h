#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/token_endpoint.h"
#include "gateway/transport/http/head.h"
#include "gateway/transport/http/request.h"
#include "gateway/transport/http/response.h"

/// The one place where an error becomes an HTTP status (http://hl7.org/fhir/R4/http.html).
namespace kap::gateway::transport::http {

inline constexpr std::string_view kFhirJson = "application/fhir+json; charset=utf-8";

[[nodiscard]] unsigned to_status(Category category);

/// An OperationOutcome with its status; kUnavailable and kThrottled carry Retry-After.
[[nodiscard]] Response to_response(const Outcome& outcome);
/// What is wrong with the bytes themselves.
[[nodiscard]] Response to_response(const Fault& fault);

/// 401 with the challenge of RFC 6750 section 3: bare when there was no token, else invalid_token.
enum class Presented : bool { kNothing, kToken };
[[nodiscard]] Response unauthenticated(const Outcome& outcome, Presented presented);
/// 403 insufficient_scope, naming the scope that would do.
[[nodiscard]] Response insufficient_scope(std::string_view scope);
/// 405 with Allow.
[[nodiscard]] Response method_not_allowed(const std::vector<Method>& allowed);
/// RFC 6749 section 5.2.
[[nodiscard]] Response to_response(const security::OAuthError& error);

}  // namespace kap::gateway::transport::http

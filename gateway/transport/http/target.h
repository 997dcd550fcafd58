#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/transport/http/request.h"

namespace kap::gateway::transport::http {

struct Target {
  std::vector<std::string> segments;
  std::vector<QueryPair> query;
};

/// Origin-form `/fhir/Patient?name=x` or absolute-form `https://host/…`, whose authority is not
/// looked at (RFC 9112 section 3.2). Segments and pairs are percent-decoded; one slash at the end
/// is forgiven. Refused: a broken `%` escape, what decodes to a control character or to invalid
/// UTF-8, the segments `.`, `..` and empty, a fragment.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

/// The pairs of an `application/x-www-form-urlencoded` text, in order; `+` is a space.
[[nodiscard]] Result<std::vector<QueryPair>> parse_form(std::string_view text);

}  // namespace kap::gateway::transport::http

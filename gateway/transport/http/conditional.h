#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "gateway/transport/http/request.h"

namespace kap::gateway::transport::http {

/// `W/"3"`, http://hl7.org/fhir/R4/http.html#versioning
[[nodiscard]] std::string to_etag(std::uint64_t version);

/// Conditional read, http://hl7.org/fhir/R4/http.html#cread: If-None-Match (`*`, or a list compared
/// weakly) decides alone where it stands, else If-Modified-Since in whole seconds. A date that is
/// none is ignored (RFC 9110 section 13.1.3).
[[nodiscard]] bool is_not_modified(const Headers& headers, std::uint64_t version,
                                   Instant last_updated);

/// The IMF-fixdate of RFC 9110 section 5.6.7, e.g. `Tue, 24 Nov 2026 08:16:15 GMT`.
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace kap::gateway::transport::http

#pragma once

#include "fhir/base/result.h"

namespace kap::gateway::service {

/// The HTTP status of a refusal (http://hl7.org/fhir/R4/http.html). Here rather than in
/// transport/http because Bundle.entry.response.status is one whatever carries the Bundle; the only
/// table of its kind.
[[nodiscard]] unsigned to_http_status(Category category);

}  // namespace kap::gateway::service

#pragma once

#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "gateway/transport/http/request.h"

namespace kap::gateway::transport::http {

enum class Pretty : bool { kNo, kYes };

/// How a FHIR response is written.
struct Representation {
  std::string content_type;
  Pretty pretty = Pretty::kNo;
};

/// http://hl7.org/fhir/R4/http.html#mime-type and #parameters: `_format` wins over Accept, whose
/// quality values count; a generic type asked for (application/json) is the one answered. JSON of
/// FHIR 4.0 is all there is: XML, Turtle or another fhirVersion alone is kNotAcceptable.
[[nodiscard]] Result<Representation> negotiate(const Request& request);

/// The media type of a header value, lower-case, without its parameters.
[[nodiscard]] std::string media_type(std::string_view header);

}  // namespace kap::gateway::transport::http

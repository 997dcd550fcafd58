#pragma once

#include <cstdint>

#include "gateway/transport/http/request.h"

namespace kap::gateway::transport::http {

/// What a write is answered with, http://hl7.org/fhir/R4/http.html#ops and RFC 7240 section 4.2.
enum class ReturnPreference : std::uint8_t {
  kNone,  // none given, or one that is not known: as kRepresentation
  kMinimal,
  kRepresentation,
  kOperationOutcome,
};

/// `Prefer: return=minimal`; the first one counts where there are several.
[[nodiscard]] ReturnPreference return_preference_of(const Request& request);

}  // namespace kap::gateway::transport::http

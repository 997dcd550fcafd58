#pragma once

#include <string>

#include "gateway/service/capability_statement.h"

namespace kap::gateway::service {

/// http://hl7.org/fhir/R4/terminologycapabilities.html as JSON: what `/metadata?mode=terminology`
/// answers.
[[nodiscard]] std::string encode_terminology_capabilities(const ServerDescription& server);

}  // namespace kap::gateway::service

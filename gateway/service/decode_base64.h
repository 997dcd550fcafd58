#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kap::gateway::service {

/// FHIR R4 base64Binary: RFC 4648 section 4 with padding, white space allowed. Nothing for what is
/// none.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace kap::gateway::service

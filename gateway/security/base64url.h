#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kap::gateway::security {

/// RFC 4648 section 5 without padding.
[[nodiscard]] std::string encode_base64url(std::string_view bytes);
/// Strict: nullopt for padding, for a character outside the alphabet, and where the last character
/// has bits that mean nothing, so that no two texts decode to the same bytes.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace kap::gateway::security

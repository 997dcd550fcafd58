#pragma once

#include <string>
#include <string_view>

namespace kap::tidy {

/// The text with every comment, literal and preprocessor line blanked: the same length and the
/// same line ends, so offsets stay true, and only code is left. Of a string or character literal
/// the quotes stay.
[[nodiscard]] std::string blank_non_code(std::string_view text);

}  // namespace kap::tidy

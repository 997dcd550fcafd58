#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kap::fhir::path {

/// Number of code points of valid UTF-8.
[[nodiscard]] std::size_t code_points(std::string_view text);
/// Byte offset of a code point; text.size() when there are fewer.
[[nodiscard]] std::size_t offset_of(std::string_view text, std::size_t code_point);
/// Simple case mapping of every code point (C.UTF-8).
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);

/// Reads the code point at `offset` and moves past it; U+FFFD for what is no UTF-8.
[[nodiscard]] char32_t next_code_point(std::string_view text, std::size_t& offset);
void append_code_point(std::string& out, char32_t code_point);

}  // namespace kap::fhir::path

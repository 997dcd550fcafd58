#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace kap::fuzz {

/// What libFuzzer gives, as text.
[[nodiscard]] inline std::string_view to_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// An input of two parts: its first line and the rest. Compact JSON holds no line break, so that
/// seeds stay readable.
[[nodiscard]] inline std::pair<std::string_view, std::string_view> split_line(
    std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {text, {}};
  return {text.substr(0, end), text.substr(end + 1)};
}

/// A finding: what must hold does not.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace kap::fuzz

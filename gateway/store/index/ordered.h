#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace kap::gateway::store {

/// Fixed-width big-endian encodings whose byte order is the order of the values.
inline void append_ordered(std::string& out, std::uint64_t bits) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
}
inline void append_ordered(std::string& out, std::int64_t value) {
  append_ordered(out, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63U));
}
/// No NaN; -0.0 is 0.0.
inline void append_ordered(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  append_ordered(out, (bits >> 63U) != 0 ? ~bits : bits | (std::uint64_t{1} << 63U));
}
inline void append_ordered(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8U));
  out.push_back(static_cast<char>(value & 0xffU));
}

/// Each takes its bytes off the front; false when there are too few.
[[nodiscard]] inline bool take_ordered(std::string_view& bytes, std::uint64_t& bits) {
  if (bytes.size() < 8) return false;
  bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8U | static_cast<std::uint8_t>(bytes[i]);
  bytes.remove_prefix(8);
  return true;
}
[[nodiscard]] inline bool take_ordered(std::string_view& bytes, std::int64_t& value) {
  std::uint64_t bits = 0;
  if (!take_ordered(bytes, bits)) return false;
  value = static_cast<std::int64_t>(bits ^ (std::uint64_t{1} << 63U));
  return true;
}
[[nodiscard]] inline bool take_ordered(std::string_view& bytes, double& value) {
  std::uint64_t bits = 0;
  if (!take_ordered(bytes, bits)) return false;
  value = std::bit_cast<double>((bits >> 63U) != 0 ? bits & ~(std::uint64_t{1} << 63U) : ~bits);
  return true;
}

}  // namespace kap::gateway::store

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/config/settings.h"

namespace kap::gateway::config {

/// Where a key's value goes; its type says what the key accepts.
using Target = std::variant<std::string& (*)(Settings&), std::filesystem::path& (*)(Settings&),
                            std::uint16_t& (*)(Settings&), std::uint32_t& (*)(Settings&),
                            std::chrono::milliseconds& (*)(Settings&),
                            std::chrono::seconds& (*)(Settings&), StoreBackend& (*)(Settings&),
                            Encryption& (*)(Settings&), LogLevel& (*)(Settings&)>;

enum class Need : std::uint8_t { kOptional, kRequired };

struct Key {
  std::string_view path;  // `http.port`
  Target target;
  std::string_view meaning;
  std::int64_t least = 0;  // of integers
  std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  Need need = Need::kOptional;
};

[[nodiscard]] std::span<const Key> keys();
[[nodiscard]] const Key* find_key(std::string_view path);
/// `http.port` -> `KAP_HTTP_PORT`.
[[nodiscard]] std::string to_variable(std::string_view path);

/// Whether the key takes an integer rather than text.
[[nodiscard]] bool is_integer(const Key& key);
/// Sets the value, or says what would be right.
[[nodiscard]] std::optional<std::string> set_integer(const Key& key, Settings& settings,
                                                     std::int64_t value);
[[nodiscard]] std::optional<std::string> set_text(const Key& key, Settings& settings,
                                                  std::string_view text,
                                                  const std::filesystem::path& folder);
/// The present value as TOML.
[[nodiscard]] std::string to_toml(const Key& key, Settings& settings);

}  // namespace kap::gateway::config

#pragma once

#include <iosfwd>
#include <span>
#include <string>

/// The subcommands of `kap-gateway map`, one file each.
namespace kap::mappings {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUse = 2;

[[nodiscard]] int check_command(std::span<const std::string> arguments, std::ostream& out,
                                std::ostream& err);
[[nodiscard]] int run_command(std::span<const std::string> arguments, std::ostream& out,
                              std::ostream& err);
[[nodiscard]] int explain_command(std::span<const std::string> arguments, std::ostream& out,
                                  std::ostream& err);
[[nodiscard]] int format_command(std::span<const std::string> arguments, std::ostream& out,
                                 std::ostream& err);

}  // namespace kap::mappings

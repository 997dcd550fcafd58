#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace kap::mappings {

/// `kap-gateway map …`: check, run, explain, format. `arguments` begin behind the word `map`.
/// Returns the exit code: 0 done, 1 an error in a map or a record, 2 wrong use of the command.
[[nodiscard]] int run_map_command(std::span<const std::string> arguments, std::ostream& out,
                                  std::ostream& err);
/// The same for main(): `argv` as main() got it, the subcommand's name at argv[1].
[[nodiscard]] int run_map_command(int argc, const char* const* argv);

}  // namespace kap::mappings

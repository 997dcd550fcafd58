#pragma once

namespace kap::gateway::command {

/// Each takes argc and argv from its own name on and returns the exit code: 0 done, 1 failed, 2
/// wrong use.
[[nodiscard]] int run_serve(int argc, const char* const* argv);
[[nodiscard]] int run_client(int argc, const char* const* argv);
[[nodiscard]] int run_backup(int argc, const char* const* argv);
[[nodiscard]] int run_key(int argc, const char* const* argv);
[[nodiscard]] int run_dead_letter(int argc, const char* const* argv);
[[nodiscard]] int run_healthcheck(int argc, const char* const* argv);

}  // namespace kap::gateway::command

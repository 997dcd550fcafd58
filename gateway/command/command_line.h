#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "fhir/base/result.h"
#include "gateway/config/settings.h"

namespace CLI {
class App;
}

namespace kap::gateway::command {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsageError = 2;

/// Adds `--config FILE`, which every command on a gateway's state needs.
void add_config(CLI::App& app, std::filesystem::path& file);

/// Parses; the exit code where the program should end now (help, version, wrong use).
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

/// The settings of the file and the environment, with the state directory made (mode 0700).
[[nodiscard]] Result<config::Settings> load(const std::filesystem::path& file);

/// One line for each issue, on standard error. Returns kFailed.
int report(const Outcome& outcome);

}  // namespace kap::gateway::command

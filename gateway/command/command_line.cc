#include "gateway/command/command_line.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

namespace kap::gateway::command {

void add_config(CLI::App& app, std::filesystem::path& file) {
  app.add_option("--config", file, "TOML file; every key is also KAP_… in the environment")
      ->required()
      ->envname("KAP_CONFIG");
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsageError;
  }
  return std::nullopt;
}

Result<config::Settings> load(const std::filesystem::path& file) {
  auto environment = config::process_environment();
  environment.erase("KAP_CONFIG");
  KAP_TRY(auto settings, config::load_settings(file, environment));
  std::error_code error;
  std::filesystem::create_directories(settings.state_dir.parent_path(), error);
  if (::mkdir(settings.state_dir.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return fail(
        Category::kInvalidRequest, IssueType::kValue,
        fmt::format("{}: cannot be made: {}", settings.state_dir.string(), std::strerror(errno)),
        "state_dir");
  return settings;
}

int report(const Outcome& outcome) {
  for (const auto& issue : outcome.issues()) {
    std::cerr << "kap-gateway: ";
    if (!issue.expression.empty() && !issue.diagnostics.contains(issue.expression))
      std::cerr << issue.expression << ": ";
    std::cerr << issue.diagnostics << '\n';
  }
  return kFailed;
}

}  // namespace kap::gateway::command

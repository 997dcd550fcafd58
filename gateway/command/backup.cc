#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"
#include "gateway/command/open_store.h"
#include "gateway/store/sqlite/copy_database.h"

namespace kap::gateway::command {
namespace {

/// Everything a restored gateway needs but the master key, which must not lie beside what it opens.
Status back_up(const std::filesystem::path& config, const std::filesystem::path& folder) {
  KAP_TRY(const auto settings, load(config));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error)
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                fmt::format("{}: {}", folder.string(), error.message()));
  KAP_TRY(auto keys, load_keys(settings));
  KAP_CHECK_OK(store::copy_database({.path = settings.store.path, .keys = keys},
                                    {.path = folder / "kap.db", .keys = keys}));
  const auto copy = [&](const std::filesystem::path& from, const char* name) -> Status {
    std::filesystem::copy_file(from, folder / name, error);
    if (!error) return {};
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                fmt::format("{}: {}", from.string(), error.message()));
  };
  if (keys != nullptr) KAP_CHECK_OK(copy(settings.store.key_ring(), "kap.db.keys"));
  KAP_CHECK_OK(copy(settings.state_dir / "id.key", "id.key"));
  KAP_CHECK_OK(copy(settings.state_dir / "token.key", "token.key"));
  std::cout << fmt::format(
      "{}: kap.db and its keys. To restore, put these files into an empty state_dir{}.\n",
      folder.string(),
      keys == nullptr ? "" : ", with the master key, which is kept elsewhere, as master.key");
  return {};
}

}  // namespace

int run_backup(int argc, const char* const* argv) {
  CLI::App app("Copies a gateway's state, also while it runs.", "kap-gateway backup");
  std::filesystem::path config;
  std::filesystem::path folder;
  add_config(app, config);
  app.add_option("folder", folder, "a new or empty folder")->required();
  if (const auto code = parse(app, argc, argv)) return *code;
  const auto done = back_up(config, folder);
  return done ? kOk : report(done.error());
}

}  // namespace kap::gateway::command

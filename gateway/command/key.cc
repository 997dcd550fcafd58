#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"
#include "gateway/command/open_store.h"
#include "gateway/command/state_lock.h"
#include "gateway/store/crypto/key_ring.h"
#include "gateway/store/sqlite/copy_database.h"

namespace kap::gateway::command {
namespace {

namespace crypto = store::crypto;

struct KeyOptions {
  std::filesystem::path config;
  std::filesystem::path new_master;
};

Status demand_encryption(const config::Settings& settings) {
  if (settings.store.encryption == config::Encryption::kOn) return {};
  return fail(Category::kInvalidRequest, IssueType::kInvalid,
              "encryption is off in the configuration; set store.encryption = \"on\"",
              "store.encryption");
}

struct Opened {
  config::Settings settings;
  StateLock lock;
  crypto::Key master;
  crypto::KeyRing ring;
};

/// For what must not happen under a running gateway, which holds the keys it started with.
Result<Opened> open_alone(const KeyOptions& options) {
  KAP_TRY(auto settings, load(options.config));
  KAP_CHECK_OK(demand_encryption(settings));
  KAP_TRY(auto lock, StateLock::acquire(settings.state_dir));
  KAP_TRY(auto master, crypto::load_key(settings.store.master_key, crypto::Absent::kRefuse));
  KAP_TRY(auto ring, crypto::KeyRing::load_or_create(settings.store.key_ring(), master));
  return Opened{std::move(settings), std::move(lock), master, std::move(ring)};
}

Status status(const KeyOptions& options) {
  KAP_TRY(const auto settings, load(options.config));
  KAP_CHECK_OK(demand_encryption(settings));
  KAP_TRY(const auto master, crypto::load_key(settings.store.master_key, crypto::Absent::kRefuse));
  KAP_TRY(const auto ring, crypto::KeyRing::load_or_create(settings.store.key_ring(), master));
  std::cout << fmt::format("master key\t{}\nkey ring\t{}\ncurrent key\t{}\n",
                           settings.store.master_key.string(), settings.store.key_ring().string(),
                           ring.current());
  return {};
}

Status rotate(const KeyOptions& options) {
  KAP_TRY(const auto opened, open_alone(options));
  KAP_TRY(const auto next, opened.ring.rotate(opened.master));
  std::cout << fmt::format(
      "Pages written from now on are sealed with key {}; older ones stay readable.\n",
      next.current());
  return {};
}

Status rewrap(const KeyOptions& options) {
  KAP_TRY(const auto opened, open_alone(options));
  KAP_TRY(const auto master, crypto::load_key(options.new_master, crypto::Absent::kCreate));
  KAP_CHECK_OK(opened.ring.rewrap(master));
  std::cout << fmt::format(
      "The data keys are wrapped by {}. Set store.master_key to it before the next start.\n",
      options.new_master.string());
  return {};
}

/// Turns a database in the clear into a sealed one of the same name.
Status encrypt(const KeyOptions& options) {
  KAP_TRY(const auto settings, load(options.config));
  KAP_CHECK_OK(demand_encryption(settings));
  KAP_TRY(const auto lock, StateLock::acquire(settings.state_dir));
  KAP_TRY(auto keys, load_keys(settings));
  const std::filesystem::path sealed = settings.store.path.string() + ".sealed";
  std::error_code error;
  std::filesystem::remove(sealed, error);  // of an earlier try that did not come to its end
  KAP_CHECK_OK(store::copy_database({.path = settings.store.path},
                                    {.path = sealed, .keys = std::move(keys)}));
  std::filesystem::rename(sealed, settings.store.path, error);
  if (error)
    return fail(Category::kUnavailable, IssueType::kNoStore,
                fmt::format("{}: {}", sealed.string(), error.message()));
  for (const char* rest : {"-wal", "-shm"})
    std::filesystem::remove(settings.store.path.string() + rest, error);
  std::cout << "The database is encrypted. What it held before may still be read from the free "
               "blocks of the disk until they are used again.\n";
  return {};
}

}  // namespace

int run_key(int argc, const char* const* argv) {
  CLI::App app("The keys of the database.", "kap-gateway key");
  app.require_subcommand(1);
  KeyOptions options;
  add_config(app, options.config);
  auto* status_command = app.add_subcommand("status", "say which key is in use");
  auto* rotate_command =
      app.add_subcommand("rotate", "make a new data key for what is written from now on");
  auto* rewrap_command = app.add_subcommand("rewrap", "change the master key");
  rewrap_command->add_option("--new-master", options.new_master, "its file; made if absent")
      ->required();
  auto* encrypt_command = app.add_subcommand("encrypt", "seal a database that is in the clear");
  for (auto* command : {status_command, rotate_command, rewrap_command, encrypt_command})
    command->fallthrough();
  if (const auto code = parse(app, argc, argv)) return *code;
  const auto done = status_command->parsed()   ? status(options)
                    : rotate_command->parsed() ? rotate(options)
                    : rewrap_command->parsed() ? rewrap(options)
                                               : encrypt(options);
  return done ? kOk : report(done.error());
}

}  // namespace kap::gateway::command

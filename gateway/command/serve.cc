#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "gateway/command/application.h"
#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"

namespace kap::gateway::command {
namespace {

struct ServeOptions {
  std::filesystem::path config;
  bool check_only = false;
};

/// Blocked before any thread starts, so that all threads inherit it and only wait() sees them.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }

 private:
  sigset_t set_{};
};

Status check(const ServeOptions& options) {
  KAP_TRY(const auto settings, load(options.config));
  return config::check_files(settings);
}

Status serve(const ServeOptions& options) {
  const EndSignals signals;
  KAP_TRY(const auto settings, load(options.config));
  KAP_CHECK_OK(config::check_files(settings));
  KAP_TRY(const auto application, Application::start(settings));
  signals.wait();
  application->drain();
  return {};
}

}  // namespace

int run_serve(int argc, const char* const* argv) {
  CLI::App app{"Runs the gateway until SIGTERM or SIGINT", "kap-gateway serve"};
  ServeOptions options;
  add_config(app, options.config);
  app.add_flag("--check-config", options.check_only,
               "Only check the settings and the files they name");
  app.footer("Settings, with their defaults:\n\n" + config::describe_settings());
  if (const auto code = parse(app, argc, argv)) return *code;
  const auto status = options.check_only ? check(options) : serve(options);
  if (!status) return report(status.error());
  if (options.check_only) std::cout << "the settings are good\n";
  return kOk;
}

}  // namespace kap::gateway::command

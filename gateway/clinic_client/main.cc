#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "gateway/clinic_client/submit_command.h"

namespace {

using kap::gateway::clinic_client::Display;
using kap::gateway::clinic_client::SubmitOptions;

constexpr int kUsageError = 2;

void add_submit(CLI::App& app, SubmitOptions& options) {
  auto* submit = app.add_subcommand("submit", "Send records and show what became of each");
  submit->add_option("PATH", options.paths, "Files (.json, .ndjson) or directories of them")
      ->required();
  submit
      ->add_option("--endpoint,--server", options.connection.endpoint,
                   "host:port of the gateway's gRPC")
      ->required()
      ->envname("KAP_GRPC");
  submit->add_option("--ca", options.connection.ca, "PEM: what the gateway's certificate chains to")
      ->required()
      ->envname("KAP_CA");
  submit->add_option("--cert", options.connection.cert, "PEM: the clinic's certificate")
      ->required();
  submit->add_option("--key", options.connection.key, "PEM: its private key")->required();
  submit->add_option("--server-name", options.connection.server_name,
                     "Name in the gateway's certificate, where it is not the endpoint's");
  submit->add_option("--clinic", options.clinic, "Clinic id for records that name none");
  submit->add_option("--resume", options.resume,
                     "File that remembers what was acknowledged; a later run skips it");
  submit
      ->add_option("--attempts", options.retry.attempts,
                   "Attempts to reach the gateway before giving up")
      ->check(CLI::Range(1, 1000));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The clinic's side of the KAP Gateway"};
  app.set_version_flag("--version", KAP_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit code of submit: 0 all records accepted, now or before; 1 some refused or still "
      "waiting;\n"
      "2 wrong use, or no connection.");
  SubmitOptions options;
  add_submit(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  options.display = isatty(STDOUT_FILENO) != 0 ? Display::kBar : Display::kLines;
  // gRPC's own messages about a connection that is not there would tear the progress bar.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  return kap::gateway::clinic_client::run_submit(options, std::cout, std::cerr);
}

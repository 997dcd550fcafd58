#include <sys/stat.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"
#include "mappings/engine/cli.h"

namespace {

using Command = int (*)(int argc, const char* const* argv);

struct Row {
  std::string_view name;
  Command run;
  std::string_view help;
};

int run_map(int argc, const char* const* argv) {
  // This command wants the program's own argv.
  return kap::mappings::run_map_command(argc + 1, argv - 1);
}

constexpr Row kCommands[] = {
    {"serve", kap::gateway::command::run_serve, "run the gateway"},
    {"client", kap::gateway::command::run_client,
     "register clients of the FHIR API; fetch a token"},
    {"key", kap::gateway::command::run_key,
     "rotate or change the keys of the database; encrypt it"},
    {"backup", kap::gateway::command::run_backup, "copy a gateway's state, also while it runs"},
    {"map", run_map, "check, run, explain or format a map"},
    {"dead-letter", kap::gateway::command::run_dead_letter, "list, show or replay refused records"},
    {"healthcheck", kap::gateway::command::run_healthcheck, "ask a running gateway if it is ready"},
};

void print_help(std::ostream& out) {
  out << "usage: kap-gateway COMMAND …\n\n";
  for (const auto& row : kCommands) out << "  " << row.name << "\t" << row.help << '\n';
  out << "\nkap-gateway COMMAND --help tells more; --version prints the version.\n";
}

}  // namespace

int main(int argc, char** argv) {
  // What this program writes is for its own user: the database, keys, the lock.
  umask(S_IRWXG | S_IRWXO);
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--version") {
    std::cout << KAP_VERSION << '\n';
    return EXIT_SUCCESS;
  }
  if (name == "--help" || name == "-h") {
    print_help(std::cout);
    return EXIT_SUCCESS;
  }
  for (const auto& row : kCommands)
    if (row.name == name) return row.run(argc - 1, argv + 1);
  print_help(std::cerr);
  return kap::gateway::command::kUsageError;
}

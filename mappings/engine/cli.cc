#include "mappings/engine/cli.h"

#include <iostream>
#include <vector>

#include <fmt/format.h>

#include "mappings/engine/cli_commands.h"
#include "mappings/engine/map_files.h"

namespace kap::mappings {
namespace {

constexpr std::string_view kUsage = R"(usage: kap-gateway map COMMAND …

  check PATH…                 check maps; .json files are ConceptMaps, ValueSets, CodeSystems,
                              a folder stands for all files below it
  run [OPTIONS]               map one source and print what it yields
  explain [OPTIONS]           print, for every element produced, the map line and source field
  format FILE…                print maps in canonical form; --write changes the files,
                              --r4-structuremap prints StructureMap JSON instead

options of run and explain:
  --map PATH                  a map, ConceptMap or folder; may be repeated. Without it the maps
                              that the program was built with
  --source FILE               a clinic Record in protobuf JSON, or a FHIR resource
  --group URL                 the map to start with, where several are given
  --compact                   print JSON on one line (run)
  --no-check                  run a record without checking the rules of the contract (run)
options of check:
  --lenient                   leave to the run what only some inputs would break
)";

}  // namespace

int run_map_command(std::span<const std::string> arguments, std::ostream& out, std::ostream& err) {
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h") {
    (arguments.empty() ? err : out) << kUsage;
    return arguments.empty() ? kWrongUse : kDone;
  }
  const std::string& command = arguments.front();
  const auto rest = arguments.subspan(1);
  for (const std::string& argument : rest) {
    if (argument == "--help" || argument == "-h") {
      out << kUsage;
      return kDone;
    }
  }
  if (command == "check") return check_command(rest, out, err);
  if (command == "run") return run_command(rest, out, err);
  if (command == "explain") return explain_command(rest, out, err);
  if (command == "format") return format_command(rest, out, err);
  err << fmt::format("kap-gateway map: no command {}\n", command) << kUsage;
  return kWrongUse;
}

int run_map_command(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 2; i < argc; ++i) arguments.emplace_back(argv[i]);
  return run_map_command(arguments, std::cout, std::cerr);
}

}  // namespace kap::mappings

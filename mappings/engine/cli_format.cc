#include <fstream>
#include <ostream>
#include <vector>

#include <fmt/format.h>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "mappings/engine/cli_commands.h"
#include "mappings/engine/map_files.h"
#include "mappings/engine/parser.h"
#include "mappings/engine/print_map.h"

namespace kap::mappings {

int format_command(std::span<const std::string> arguments, std::ostream& out, std::ostream& err) {
  enum class Output : std::uint8_t { kPrint, kWrite, kStructureMap } output = Output::kPrint;
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) {
    if (argument == "--write") {
      output = Output::kWrite;
    } else if (argument == "--r4-structuremap") {
      output = Output::kStructureMap;
    } else if (argument.starts_with("--")) {
      err << fmt::format("map format: no option {}\n", argument);
      return kWrongUse;
    } else {
      paths.push_back(argument);
    }
  }
  if (paths.empty()) {
    err << "map format: name the maps\n";
    return kWrongUse;
  }
  for (const std::string& path : paths) {
    const auto text = read_file(path, limits::kMapBytes);
    if (!text.has_value()) {
      err << text.error().summary() << '\n';
      return kFailed;
    }
    Diagnostics diagnostics;
    const auto map = parse_map(*text, path, diagnostics);
    err << diagnostics.render();
    if (!map) return kFailed;
    if (output == Output::kStructureMap) {
      const auto document = fhir::json::parse(to_structure_map(*map));
      if (document.has_value()) {
        out << fhir::json::to_text(document->root, fhir::json::Layout::kPretty) << '\n';
      }
    } else if (output == Output::kPrint) {
      out << print_map(*map);
    } else {
      std::ofstream file(path, std::ios::binary | std::ios::trunc);
      file << print_map(*map);
      if (!file) {
        err << fmt::format("{}: cannot be written\n", path);
        return kFailed;
      }
    }
  }
  return kDone;
}

}  // namespace kap::mappings

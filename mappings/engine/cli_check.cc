#include <ostream>
#include <vector>

#include <fmt/format.h>

#include "mappings/engine/cli_commands.h"
#include "mappings/engine/compile.h"
#include "mappings/engine/map_files.h"
#include "mappings/engine/plan.h"

namespace kap::mappings {

int check_command(std::span<const std::string> arguments, std::ostream& out, std::ostream& err) {
  CompileOptions options;
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) {
    if (argument == "--lenient") {
      options.strictness = CompileOptions::Strictness::kSpecification;
    } else if (argument.starts_with("--")) {
      err << fmt::format("map check: no option {}\n", argument);
      return kWrongUse;
    } else {
      paths.push_back(argument);
    }
  }
  if (paths.empty()) {
    err << "map check: name the maps to check\n";
    return kWrongUse;
  }
  auto files = read_map_files(paths);
  if (!files.has_value()) {
    err << files.error().summary() << '\n';
    return kFailed;
  }
  options.terminology = &files->terminology;
  Diagnostics diagnostics;
  const auto program = compile(files->maps, options, diagnostics);
  err << diagnostics.render();
  if (program == nullptr) {
    err << fmt::format("{} findings\n", diagnostics.items().size());
    return kFailed;
  }
  out << fmt::format("{} maps, {} groups: no errors\n", program->files.size(),
                     program->groups.size());
  return kDone;
}

}  // namespace kap::mappings

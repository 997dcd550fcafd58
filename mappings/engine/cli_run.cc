#include <ostream>

#include "mappings/engine/cli_commands.h"

namespace kap::mappings {

int run_command(std::span<const std::string>, std::ostream&, std::ostream& err) {
  err << "map run: not yet\n";
  return kFailed;
}
int explain_command(std::span<const std::string>, std::ostream&, std::ostream& err) {
  err << "map explain: not yet\n";
  return kFailed;
}
int format_command(std::span<const std::string>, std::ostream&, std::ostream& err) {
  err << "map format: not yet\n";
  return kFailed;
}

}  // namespace kap::mappings

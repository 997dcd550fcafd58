#include <array>

#include "fhir/json/parse.h"
#include "mappings/engine/compile.h"
#include "mappings/engine/parser.h"
#include "mappings/engine/print_map.h"
#include "tests/fuzz/input.h"

/// A map that parses prints as a map that parses to the same print and as a StructureMap that is
/// JSON; compiling it ends, with a plan or with errors.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace mappings = kap::mappings;
  const std::string_view text = kap::fuzz::to_text(data, size);
  mappings::Diagnostics found;
  const auto map = mappings::parse_map(text, "map.fml", found);
  if (!map.has_value()) {
    kap::fuzz::require(found.has_errors());
    (void)found.render();
    return 0;
  }
  const std::string printed = mappings::print_map(*map);
  mappings::Diagnostics of_printed;
  const auto again = mappings::parse_map(printed, "map.fml", of_printed);
  kap::fuzz::require(again.has_value());
  kap::fuzz::require(mappings::print_map(*again) == printed);
  kap::fuzz::require(kap::fhir::json::parse(mappings::to_structure_map(*map)).has_value());
  mappings::Diagnostics of_plan;
  const std::array maps{mappings::MapText{.file = "map.fml", .text = std::string(text)}};
  const auto plan = mappings::compile(maps, {}, of_plan);
  kap::fuzz::require((plan == nullptr) == of_plan.has_errors());
  (void)of_plan.render();
  return 0;
}

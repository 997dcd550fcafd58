#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "tests/fuzz/input.h"

/// What parses prints, in both layouts, as a text that parses to the same tree.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace json = kap::fhir::json;
  const auto parsed = json::parse(kap::fuzz::to_text(data, size));
  if (!parsed.has_value()) {
    kap::fuzz::require(!parsed.error().issues().empty());
    return 0;
  }
  for (const auto layout : {json::Layout::kCompact, json::Layout::kPretty}) {
    const auto text = json::to_text(parsed->root, layout);
    const auto again = json::parse(text);
    kap::fuzz::require(again.has_value());
    kap::fuzz::require(json::equal(parsed->root, again->root));
    kap::fuzz::require(json::to_text(again->root, layout) == text);
  }
  return 0;
}

#include "fhir/patch/json_patch.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "tests/fuzz/input.h"

/// The target in the first line, the patch in the rest. A patch leaves the target alone and gives
/// the same answer twice; what it makes is JSON within the limits of the parser.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace json = kap::fhir::json;
  namespace patch = kap::fhir::patch;
  const auto [line, rest] = kap::fuzz::split_line(kap::fuzz::to_text(data, size));
  const auto target = json::parse(line);
  auto operations = json::parse(rest);
  if (!target.has_value() || !operations.has_value()) return 0;
  const auto parsed = patch::JsonPatch::parse(*std::move(operations));
  if (!parsed.has_value()) return 0;
  const std::string before = json::to_text(target->root);
  for (const auto empties : {patch::Empties::kKeep, patch::Empties::kDrop}) {
    const auto patched = parsed->apply(target->root, empties);
    const auto twice = parsed->apply(target->root, empties);
    kap::fuzz::require(json::to_text(target->root) == before);
    kap::fuzz::require(patched.has_value() == twice.has_value());
    if (!patched.has_value()) continue;
    const std::string text = json::to_text(patched->root);
    kap::fuzz::require(text == json::to_text(twice->root));
    kap::fuzz::require(json::parse(text).has_value());
  }
  return 0;
}

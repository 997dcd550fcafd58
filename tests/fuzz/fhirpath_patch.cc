#include "fhir/patch/fhirpath_patch.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "tests/fuzz/input.h"

/// The resource in the first line, the Parameters in the rest. A patch leaves the resource alone
/// and gives the same answer twice; what it makes is JSON within the limits of the parser.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace json = kap::fhir::json;
  namespace patch = kap::fhir::patch;
  const auto [line, rest] = kap::fuzz::split_line(kap::fuzz::to_text(data, size));
  const auto resource = json::parse(line);
  auto parameters = json::parse(rest);
  if (!resource.has_value() || !parameters.has_value()) return 0;
  const auto parsed =
      patch::FhirPathPatch::parse(*std::move(parameters), resource->root.string("resourceType"));
  if (!parsed.has_value()) return 0;
  const std::string before = json::to_text(resource->root);
  const auto patched = parsed->apply(resource->root);
  const auto twice = parsed->apply(resource->root);
  kap::fuzz::require(json::to_text(resource->root) == before);
  kap::fuzz::require(patched.has_value() == twice.has_value());
  if (!patched.has_value()) return 0;
  const std::string text = json::to_text(patched->root);
  kap::fuzz::require(text == json::to_text(twice->root));
  kap::fuzz::require(json::parse(text).has_value());
  return 0;
}

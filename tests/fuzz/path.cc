#include "fhir/base/clock.h"
#include "fhir/json/parse.h"
#include "fhir/path/expression.h"
#include "fhir/path/json_model.h"
#include "tests/fuzz/input.h"

namespace {

namespace json = kap::fhir::json;
namespace path = kap::fhir::path;

constexpr std::string_view kObservation = R"({"resourceType":"Observation","id":"o",
  "status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},
  "subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-02-28T10:00:00.5+01:00",
  "valueQuantity":{"value":120.50,"unit":"mmHg","system":"http://unitsofmeasure.org",
  "code":"mm[Hg]"},"component":[{"code":{"text":"a"},"valueInteger":3},{"code":{"text":"b"},
  "valueString":"xyz"}],"_status":{"extension":[{"url":"http://example.org","valueCode":"c"}]}})";

constexpr std::uint32_t kSteps = 20'000;

void evaluate(std::string_view text, const json::Value& resource, path::Names names) {
  static const kap::ManualClock kClock{kap::Instant(std::chrono::milliseconds(1'795'508'175'123))};
  const auto compiled =
      path::Expression::compile(text, {.model = &path::json_model(),
                                       .context_type = resource.string("resourceType"),
                                       .names = names});
  if (!compiled.has_value()) {
    kap::fuzz::require(!compiled.error().issues().empty());
    return;
  }
  const auto result =
      compiled->evaluate(path::json_element(resource), {.clock = &kClock, .steps = kSteps});
  if (!result.has_value()) return;
  for (const path::Item& item : *result) (void)path::to_text(item);
  (void)compiled->first_elements();
}

}  // namespace

/// An expression in the first line, the resource in the rest; without one an Observation.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kDefault = json::parse(kObservation);
  const auto [text, rest] = kap::fuzz::split_line(kap::fuzz::to_text(data, size));
  const auto given = json::parse(rest);
  const json::Value& resource =
      given.has_value() && given->root.is_object() ? given->root : kDefault->root;
  evaluate(text, resource, path::Names::kLenient);
  evaluate(text, resource, path::Names::kStrict);
  return 0;
}

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fhir/base/result.h"
#include "fhir/patch/fhirpath_patch.h"
#include "fhir/patch/json_patch.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

/// A patch as it came, read once and applied each time the plan is made.
using Patch = std::variant<fhir::patch::JsonPatch, fhir::patch::FhirPathPatch>;

enum class PatchFormat : std::uint8_t {
  kJsonPatch,      // RFC 6902
  kFhirPathPatch,  // a Parameters resource, http://hl7.org/fhir/R4/fhirpatch.html
};
/// kInvalidRequest, with line and column where it is no JSON, else with the operation's place.
[[nodiscard]] Result<Patch> parse_patch(PatchFormat format, std::string_view text,
                                        std::string_view type);

struct PatchRequest {
  std::string type;
  std::optional<ResourceId> id{};      // of the URL, or:
  std::optional<Criteria> criteria{};  // as of UpdateRequest
  store::Precondition if_match{};
  Patch patch;
};

/// What a patch writes. The patched resource is checked like any other content. Errors:
/// kUnprocessable where an operation fails or the type or id would change; else those of plan_put.
[[nodiscard]] Result<PlannedWrite> plan_patch(const security::Permit& permit, const Writer& writer,
                                              const WriteTarget& target, const Patch& patch,
                                              const PlanOptions& options = {});

/// Errors: those of locate and of plan_patch. The answer shows the resource only to a caller who
/// may read it, because a patch shows nothing of it.
[[nodiscard]] Result<WriteAnswer> patch_resource(const security::Permit& permit,
                                                 const Writer& writer, const PatchRequest& request);

}  // namespace kap::gateway::service

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "gateway/store/resource.h"

namespace kap::gateway::service {

/// The code system of retraction reasons, and the extension on a retracted resource that holds one.
inline constexpr std::string_view kRetractionReasonSystem =
    "http://kap-gateway.org/fhir/CodeSystem/retraction-reason";
inline constexpr std::string_view kRetractionExtension =
    "http://kap-gateway.org/fhir/StructureDefinition/retraction-reason";

/// A body ready to be stored as the next version.
struct Body {
  std::string json;
  std::size_t meta_offset = 0;
};

/// Prints a resource without meta.versionId and meta.lastUpdated. kInternal when nothing else is in
/// `meta`, where the store needs a member.
[[nodiscard]] Result<Body> to_body(fhir::json::Document& document);

/// How a type says that one of its resources should never have been.
enum class Retirement {
  kStatus,              // status = entered-in-error
  kLifecycleStatus,     // lifecycleStatus = entered-in-error
  kVerificationStatus,  // verificationStatus = entered-in-error, no clinicalStatus (con-5, ait-2)
  kInactive,            // active = false
  kInactiveStatus,      // status = inactive
  kKept,                // stays as it is: a Provenance tells what happened, and it did
  kDeleted,             // the type has no way to say it
};

[[nodiscard]] Retirement retirement_of(std::string_view type);

/// The next version of a resource that should never have been, with the reason of a retraction
/// where there is one; nothing when it is so already. Only for a Retirement that has a body.
[[nodiscard]] Result<std::optional<Body>> retire(const store::StoredResource& resource,
                                                 std::string_view reason);
/// A retraction made this version.
[[nodiscard]] bool is_retracted(const store::StoredResource& resource);

}  // namespace kap::gateway::service

#pragma once

#include <optional>
#include <string>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

struct DeleteRequest {
  std::string type;
  std::optional<ResourceId> id{};      // of the URL, or:
  std::optional<Criteria> criteria{};  // http://hl7.org/fhir/R4/http.html#3.1.0.7.1, at most one
  store::Precondition if_match{};
};

/// What a delete writes: a tombstone, or nothing where nothing is there. kConflict for what a
/// clinic's record yields. References to the resource stay as they are.
[[nodiscard]] Result<PlannedWrite> plan_delete(const security::Permit& permit, const Writer& writer,
                                               const WriteTarget& target);

/// Errors: those of locate and of plan_delete. What is absent or not the caller's to see is
/// answered kAbsent, like what was deleted before.
[[nodiscard]] Result<WriteAnswer> delete_resource(const security::Permit& permit,
                                                  const Writer& writer,
                                                  const DeleteRequest& request);

}  // namespace kap::gateway::service

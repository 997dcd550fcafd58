#pragma once

#include <optional>
#include <string>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

struct UpdateRequest {
  std::string type;
  std::optional<ResourceId> id{};      // of the URL, or:
  std::optional<Criteria> criteria{};  // http://hl7.org/fhir/R4/http.html#cond-update
  store::Precondition if_match{};
  IncomingResource content;
};

/// The id that the content has, for WriteRequest::content_id.
[[nodiscard]] std::optional<ResourceId> id_of(const IncomingResource& content);

/// What an update writes: a new version, a new resource (update as create), or nothing where the
/// content is what is stored. kInvalidRequest where the content has another id than the target, or
/// none though the client gave the target's; else the errors of plan_put.
[[nodiscard]] Result<PlannedWrite> plan_update(const security::Permit& permit, const Writer& writer,
                                               const WriteTarget& target,
                                               const IncomingResource& content,
                                               const PlanOptions& options = {});

/// Errors: those of locate and of plan_update.
[[nodiscard]] Result<WriteAnswer> update(const security::Permit& permit, const Writer& writer,
                                         const UpdateRequest& request);

}  // namespace kap::gateway::service

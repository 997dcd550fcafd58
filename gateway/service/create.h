#pragma once

#include <optional>
#include <string>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

struct CreateRequest {
  std::string type;
  IncomingResource content;                 // an id in it is ignored
  std::optional<Criteria> if_none_exist{};  // http://hl7.org/fhir/R4/http.html#ccreate
};

/// What a create writes; a conditional one whose criteria match writes nothing and answers with the
/// match. Errors: those of plan_put.
[[nodiscard]] Result<PlannedWrite> plan_create(const security::Permit& permit, const Writer& writer,
                                               const WriteTarget& target,
                                               const IncomingResource& content,
                                               const PlanOptions& options = {});

/// Errors: those of locate and of plan_create. Two simultaneous conditional creates of the same
/// criteria make one resource: one is answered kCreated, the other kFound.
[[nodiscard]] Result<WriteAnswer> create(const security::Permit& permit, const Writer& writer,
                                         const CreateRequest& request);

}  // namespace kap::gateway::service

// http://hl7.org/fhir/R4/http.html#create
#include "gateway/service/create.h"

namespace kap::gateway::service {

Result<PlannedWrite> plan_create(const security::Permit& permit, const Writer& writer,
                                 const WriteTarget& target, const IncomingResource& content,
                                 const PlanOptions& options) {
  if (!target.current) return plan_put(permit, writer, target, content, options);
  PlannedWrite planned;
  planned.answer = {.result = WriteResult::kFound, .resource = to_resource(*target.current)};
  // Only a caller who may search got here; the content takes a scope to read.
  if (!permit.allows(target.type, security::Interaction::kRead)) planned.answer.resource.json = {};
  planned.expected_match = target.expected;
  return planned;
}

Result<WriteAnswer> create(const security::Permit& permit, const Writer& writer,
                           const CreateRequest& request) {
  const WriteRequest where{.interaction = WriteInteraction::kCreate,
                           .type = request.type,
                           .criteria = request.if_none_exist};
  return commit(writer, [&]() -> Result<PlannedWrite> {
    KAP_TRY(const auto target, locate(permit, writer, where));
    return plan_create(permit, writer, target, request.content);
  });
}

}  // namespace kap::gateway::service

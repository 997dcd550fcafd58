// http://hl7.org/fhir/R4/http.html#delete
#include "gateway/service/delete_resource.h"

namespace kap::gateway::service {

Result<PlannedWrite> plan_delete(const security::Permit& permit, const Writer& writer,
                                 const WriteTarget& target) {
  PlannedWrite planned;
  planned.answer = {.result = WriteResult::kAbsent,
                    .resource = {.type = target.type, .id = target.id}};
  planned.expected_match = target.expected;
  if (!target.is_there()) return planned;
  KAP_CHECK_OK(check_source(target));
  planned.answer.result = WriteResult::kDeleted;
  planned.clinic = target.current->clinic;
  planned.audit = audit_of(permit, writer, target, planned.clinic);
  planned.write = store::ResourceWrite{.operation = store::ResourceWrite::Operation::kDelete,
                                       .type = target.type,
                                       .id = target.id,
                                       .precondition = precondition_of(target),
                                       .patient = target.current->patient,
                                       .sensitivity = target.current->sensitivity,
                                       .source = {},
                                       .body = {},
                                       .meta_offset = 0,
                                       .index = {}};
  return planned;
}

Result<WriteAnswer> delete_resource(const security::Permit& permit, const Writer& writer,
                                    const DeleteRequest& request) {
  const WriteRequest where{.interaction = WriteInteraction::kDelete,
                           .type = request.type,
                           .id = request.id,
                           .criteria = request.criteria,
                           .if_match = request.if_match};
  return commit(writer, [&]() -> Result<PlannedWrite> {
    KAP_TRY(const auto target, locate(permit, writer, where));
    return plan_delete(permit, writer, target);
  });
}

}  // namespace kap::gateway::service

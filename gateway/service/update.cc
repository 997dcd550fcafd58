// http://hl7.org/fhir/R4/http.html#update
#include "gateway/service/update.h"

#include <utility>

namespace kap::gateway::service {
namespace {

Status check_id(const WriteTarget& target, const IncomingResource& content) {
  const auto id = id_of(content);
  if (id ? *id == target.id : target.name != WriteTarget::Name::kGiven) return {};
  return fail(Category::kInvalidRequest, IssueType::kInvalid,
              id ? "the id of the content must be the id in the URL"
                 : "the content needs an id, the same as in the URL",
              target.type + ".id");
}

}  // namespace

std::optional<ResourceId> id_of(const IncomingResource& content) {
  const auto* id = content.document.root.find("id");
  if (id == nullptr || !id->is_string()) return std::nullopt;
  return ResourceId(std::string(id->text()));
}

Result<PlannedWrite> plan_update(const security::Permit& permit, const Writer& writer,
                                 const WriteTarget& target, const IncomingResource& content,
                                 const PlanOptions& options) {
  KAP_CHECK_OK(check_id(target, content));
  return plan_put(permit, writer, target, content, options);
}

Result<WriteAnswer> update(const security::Permit& permit, const Writer& writer,
                           const UpdateRequest& request) {
  const WriteRequest where{.interaction = WriteInteraction::kUpdate,
                           .type = request.type,
                           .id = request.id,
                           .criteria = request.criteria,
                           .if_match = request.if_match,
                           .content_id = request.criteria ? id_of(request.content) : std::nullopt};
  return commit(writer, [&]() -> Result<PlannedWrite> {
    KAP_TRY(const auto target, locate(permit, writer, where));
    return plan_update(permit, writer, target, request.content);
  });
}

}  // namespace kap::gateway::service

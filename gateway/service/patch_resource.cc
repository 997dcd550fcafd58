// http://hl7.org/fhir/R4/http.html#patch
#include "gateway/service/patch_resource.h"

#include <utility>

#include "fhir/json/parse.h"

namespace kap::gateway::service {

Result<Patch> parse_patch(PatchFormat format, std::string_view text, std::string_view type) {
  KAP_TRY(auto document, fhir::json::parse(text));
  if (format == PatchFormat::kJsonPatch) {
    KAP_TRY(auto patch, fhir::patch::JsonPatch::parse(std::move(document)));
    return Patch(std::move(patch));
  }
  KAP_TRY(auto patch, fhir::patch::FhirPathPatch::parse(std::move(document), type));
  return Patch(std::move(patch));
}

Result<PlannedWrite> plan_patch(const security::Permit& permit, const Writer& writer,
                                const WriteTarget& target, const Patch& patch,
                                const PlanOptions& options) {
  KAP_TRY(const auto before, fhir::json::parse(target.current->body));
  KAP_TRY(auto after, std::visit([&](const auto& one) { return one.apply(before.root); }, patch));
  if (after.root.string("resourceType") != target.type ||
      after.root.string("id") != target.id.text())
    return fail(Category::kUnprocessable, IssueType::kBusinessRule,
                "a patch cannot change the resource's type or id", target.type + ".id");
  return plan_put(permit, writer, target, {.document = std::move(after)}, options);
}

Result<WriteAnswer> patch_resource(const security::Permit& permit, const Writer& writer,
                                   const PatchRequest& request) {
  const WriteRequest where{.interaction = WriteInteraction::kPatch,
                           .type = request.type,
                           .id = request.id,
                           .criteria = request.criteria,
                           .if_match = request.if_match};
  KAP_TRY(auto answer, commit(writer, [&]() -> Result<PlannedWrite> {
            KAP_TRY(const auto target, locate(permit, writer, where));
            return plan_patch(permit, writer, target, request.patch);
          }));
  if (!permit.allows(request.type, security::Interaction::kRead)) answer.resource.json = {};
  return answer;
}

}  // namespace kap::gateway::service

#include "gateway/service/bundle_write.h"

#include <algorithm>
#include <utility>

#include "fhir/json/print.h"
#include "gateway/service/create.h"
#include "gateway/service/decode_base64.h"
#include "gateway/service/delete_resource.h"
#include "gateway/service/patch_resource.h"
#include "gateway/service/update.h"

namespace kap::gateway::service {
namespace {

WriteInteraction to_interaction(EntryMethod method) {
  switch (method) {
    case EntryMethod::kPut:
      return WriteInteraction::kUpdate;
    case EntryMethod::kPatch:
      return WriteInteraction::kPatch;
    case EntryMethod::kDelete:
      return WriteInteraction::kDelete;
    case EntryMethod::kPost:
    case EntryMethod::kGet:
    case EntryMethod::kHead:
      break;
  }
  return WriteInteraction::kCreate;
}

Result<WriteRequest> request_of(const BundleEntry& entry) {
  WriteRequest request{.interaction = to_interaction(entry.method),
                       .type = entry.type,
                       .id = entry.id,
                       .criteria = entry.id ? std::nullopt : entry.query};
  if (entry.id && entry.query && !entry.query->empty())
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "a url with an id takes no search criteria", path_of(entry) + ".request.url");
  if (!entry.if_match.empty()) {
    KAP_TRY(request.if_match, parse_if_match(entry.if_match));
  } else if (entry.if_none_match == "*") {
    request.if_match = store::MustNotExist{};
  } else if (!entry.if_none_match.empty() || !entry.if_modified_since.empty()) {
    return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                "a write takes ifMatch, or ifNoneMatch of * alone",
                path_of(entry) + (entry.if_none_match.empty() ? ".request.ifModifiedSince"
                                                              : ".request.ifNoneMatch"));
  }
  if (entry.method == EntryMethod::kPost && !entry.if_none_exist.empty()) {
    KAP_TRY(request.criteria, parse_criteria(entry.if_none_exist));
  }
  if (entry.method == EntryMethod::kPut && request.criteria) {
    const auto* id = entry.resource->find("id");
    if (id != nullptr && id->is_string()) request.content_id = ResourceId(std::string(id->text()));
  }
  return request;
}

/// A view of the resource inside the Bundle's document, which owns it.
IncomingResource content_of(const BundleEntry& entry) {
  IncomingResource content{.document = fhir::json::Document()};
  content.document.root = *entry.resource;
  return content;
}

/// A JSON Patch travels in a Binary, http://hl7.org/fhir/R4/http.html#patch; a FHIRPath Patch is
/// the Parameters resource itself.
Result<Patch> patch_of(const BundleEntry& entry) {
  const auto& resource = *entry.resource;
  const auto where = path_of(entry) + ".resource";
  const auto type = resource.string("resourceType");
  if (type == "Parameters")
    return parse_patch(PatchFormat::kFhirPathPatch, fhir::json::to_text(resource), entry.type);
  if (type != "Binary")
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "a patch is a Binary that holds a JSON Patch, or a FHIRPath Patch in Parameters",
                where);
  auto content = resource.string("contentType");
  content = content.substr(0, content.find(';'));
  if (content != "application/json-patch+json")
    return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                "the only patch taken in a Binary is application/json-patch+json",
                where + ".contentType");
  const auto text = decode_base64(resource.string("data"));
  if (!text)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "the patch must be in base64 (RFC 4648)", where + ".data");
  return parse_patch(PatchFormat::kJsonPatch, *text, entry.type);
}

Result<PlannedWrite> plan(const security::Permit& permit, const Writer& writer,
                          const BundleEntry& entry, const WriteTarget& target,
                          const PlanOptions& options) {
  if (entry.method == EntryMethod::kDelete) return plan_delete(permit, writer, target);
  if (entry.method == EntryMethod::kPatch) {
    KAP_TRY(const auto patch, patch_of(entry));
    return plan_patch(permit, writer, target, patch, options);
  }
  const auto content = content_of(entry);
  KAP_CHECK_OK(check_resource_type(content.document.root, entry.type));
  if (entry.method == EntryMethod::kPost)
    return plan_create(permit, writer, target, content, options);
  return plan_update(permit, writer, target, content, options);
}

}  // namespace

void hide_unreadable(const security::Permit& permit, const BundleEntry& entry,
                     WriteAnswer& answer) {
  if (entry.method == EntryMethod::kPatch &&
      !permit.allows(entry.type, security::Interaction::kRead))
    answer.resource.json.clear();
}

std::vector<BundleEntry*> in_processing_order(BundleRequest& request) {
  std::vector<BundleEntry*> out;
  out.reserve(request.entries.size());
  for (auto& entry : request.entries) out.push_back(&entry);
  std::ranges::sort(
      out, {}, [](const BundleEntry* entry) { return std::pair(entry->method, entry->index); });
  return out;
}

Result<WriteTarget> locate_entry(const security::Permit& permit, const Writer& writer,
                                 const BundleEntry& entry) {
  const auto find = [&]() -> Result<WriteTarget> {
    KAP_TRY(const auto request, request_of(entry));
    return locate(permit, writer, request);
  };
  auto target = find();
  if (!target) return std::unexpected(at_entry(entry, EntryPart::kRequest, target.error()));
  return target;
}

Result<PlannedWrite> plan_entry(const security::Permit& permit, const Writer& writer,
                                const BundleEntry& entry, const WriteTarget& target,
                                const PlanOptions& options) {
  auto planned = plan(permit, writer, entry, target, options);
  if (planned) return planned;
  const auto part =
      entry.method == EntryMethod::kDelete ? EntryPart::kRequest : EntryPart::kResource;
  return std::unexpected(at_entry(entry, part, planned.error()));
}

}  // namespace kap::gateway::service

#include "gateway/service/plan_write.h"

#include <utility>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/search/index_entry.h"
#include "gateway/service/check_resource.h"
#include "gateway/service/ownership.h"
#include "gateway/service/references.h"
#include "gateway/service/retire.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

/// Of one interaction, against writers that change the same resource.
constexpr int kAttempts = 64;
/// A name that is taken by what is not seen looks like this one to be created, again and again.
constexpr int kNameAttempts = 3;

/// The parts of `meta` that the server sets.
void drop_server_meta(json::Document& document) {
  auto* meta = document.root.find("meta");
  if (meta == nullptr || !meta->is_object()) return;
  document.erase(*meta, "versionId");
  document.erase(*meta, "lastUpdated");
  if (meta->members().empty()) document.erase(document.root, "meta");
}

/// The new version as the store takes it: resourceType, id and meta first, the rest as it came.
Body print(const json::Value& root, const ResourceId& id) {
  Body body;
  body.json = R"({"resourceType":)";
  json::print_string(root.string("resourceType"), body.json);
  body.json += R"(,"id":)";
  json::print_string(id.text(), body.json);
  body.json += R"(,"meta":)";
  body.meta_offset = body.json.size() + 1;
  if (const auto* meta = root.find("meta")) {
    json::print(*meta, body.json);
  } else {
    body.json += "{}";
  }
  for (const auto& member : root.members()) {
    if (member.name == "resourceType" || member.name == "id" || member.name == "meta") continue;
    body.json += ',';
    json::print_string(member.name, body.json);
    body.json += ':';
    json::print(member.value, body.json);
  }
  body.json += '}';
  return body;
}

Issue kept_labels() {
  return {.severity = IssueSeverity::kInformation,
          .code = IssueType::kInformational,
          .diagnostics =
              "security labels of the version before were kept; $meta-delete takes them "
              "off",
          .expression = "meta.security",
          .position = {}};
}

Result<PlannedWrite> unchanged(const WriteTarget& target, std::vector<Issue> notes) {
  PlannedWrite planned;
  planned.answer = {.result = WriteResult::kUnchanged,
                    .resource = to_resource(*target.current),
                    .notes = std::move(notes)};
  planned.expected_match = target.expected;
  planned.expected_version = {
      .type = target.type, .id = target.id, .version = target.current->version};
  return planned;
}

}  // namespace

Outcome not_there() {
  return {Category::kNotFound, IssueType::kNotFound,
          "there is no such resource; new ones are created by POST"};
}

Status check_source(const WriteTarget& target) {
  if (!target.current || !target.current->source) return {};
  return fail(Category::kConflict, IssueType::kBusinessRule,
              "this resource comes from a record of the clinic and changes only with it: the next "
              "revision of the record would undo the change");
}

store::Precondition precondition_of(const WriteTarget& target) {
  if (target.is_there()) return target.current->version;
  return store::MustNotExist{};
}

store::AuditRow audit_of(const security::Permit& permit, const Writer& writer,
                         const WriteTarget& target, const ClinicId& clinic) {
  return {.recorded = writer.reader.clock.now(),
          .clinic = clinic,
          .principal = "client/" + permit.principal().id,
          .action = std::string(to_code(target.interaction)),
          .entity = target.type + "/" + target.id.text(),
          .detail = {}};
}

Result<PlannedWrite> plan_put(const security::Permit& permit, const Writer& writer,
                              const WriteTarget& target, const IncomingResource& incoming,
                              const PlanOptions& options) {
  KAP_TRY(auto notes, check_resource(writer, incoming));
  json::Document document;
  document.root = document.clone(incoming.document.root);
  make_references_local(document, writer.reader.base_url);
  document.set(document.root, "id", document.string(target.id.text()));
  drop_server_meta(document);
  if (target.is_there()) {
    KAP_TRY(auto before, json::parse(target.current->body));
    drop_server_meta(before);
    if (options.labels == Labels::kKept && keep_labels(before.root, document))
      notes.push_back(kept_labels());
    if (json::equal(before.root, document.root)) return unchanged(target, std::move(notes));
  }
  KAP_CHECK_OK(check_source(target));
  KAP_TRY(auto index, fhir::search::extract(document.root));
  KAP_TRY(auto ownership,
          find_ownership(permit, writer, target, document.root, index, options.together));
  auto body = print(document.root, target.id);
  PlannedWrite planned;
  planned.answer = {.result = target.is_there() ? WriteResult::kUpdated : WriteResult::kCreated,
                    .resource = {.type = target.type, .id = target.id},
                    .notes = std::move(notes)};
  planned.clinic = ownership.clinic;
  planned.is_name_given = target.name == WriteTarget::Name::kGiven && !target.current;
  planned.audit = audit_of(permit, writer, target, ownership.clinic);
  planned.write = store::ResourceWrite{.operation = store::ResourceWrite::Operation::kPut,
                                       .type = target.type,
                                       .id = target.id,
                                       .precondition = precondition_of(target),
                                       .patient = std::move(ownership.patient),
                                       .sensitivity = ownership.sensitivity,
                                       .source = {},
                                       .body = std::move(body.json),
                                       .meta_offset = body.meta_offset,
                                       .index = std::move(index)};
  planned.expected_match = target.expected;
  return planned;
}

void move_into(store::WriteUnit& unit, PlannedWrite& planned) {
  if (planned.expected_match) unit.expected_matches.push_back(std::move(*planned.expected_match));
  if (planned.expected_version)
    unit.expected_versions.push_back(std::move(*planned.expected_version));
  if (planned.audit) unit.audit.push_back(std::move(*planned.audit));
  if (planned.write) {
    unit.clinic = planned.clinic;
    // The answer shows the body, and only the writer knows its version.
    planned.answer.resource.json = planned.write->body;
    unit.resources.push_back(std::move(*planned.write));
  }
}

WriteAnswer complete(PlannedWrite planned, const store::WrittenResource& written,
                     Instant last_updated) {
  auto& resource = planned.answer.resource;
  resource.version = written.version;
  resource.last_updated = last_updated;
  if (planned.write && !resource.json.empty()) {
    std::string json;
    store::append_stored_body(resource.json, planned.write->meta_offset, written.version,
                              last_updated, json);
    resource.json = std::move(json);
  }
  return std::move(planned.answer);
}

Result<WriteAnswer> commit(const Writer& writer,
                           const std::function<Result<PlannedWrite>()>& plan) {
  int taken = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    KAP_TRY(auto planned, plan());
    if (!planned.write) return std::move(planned.answer);
    store::WriteUnit unit;
    move_into(unit, planned);
    KAP_TRY(const auto outcome, writer.reader.store.submit(std::move(unit)).get());
    switch (outcome.status) {
      case store::WriteStatus::kWritten:
        return complete(std::move(planned), outcome.resources.front(), outcome.last_updated);
      case store::WriteStatus::kTooCostly:
        return fail(Category::kUnprocessable, IssueType::kTooCostly,
                    "the criteria take too long to be looked for while writing; give narrower "
                    "ones, such as an identifier");
      case store::WriteStatus::kPreconditionFailed:
        if (planned.is_name_given && ++taken == kNameAttempts) return std::unexpected(not_there());
        break;
      case store::WriteStatus::kConflict:
      case store::WriteStatus::kReplayed:
      case store::WriteStatus::kParked:
      case store::WriteStatus::kRefused:
        break;
    }
  }
  return fail(Category::kConflict, IssueType::kTransient,
              "others kept changing the resource meanwhile; try again");
}

}  // namespace kap::gateway::service

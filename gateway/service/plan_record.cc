#include "gateway/service/plan_record.h"

#include <openssl/sha.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "fhir/json/parse.h"
#include "gateway/service/merge_patients.h"
#include "gateway/service/retire.h"

namespace kap::gateway::service {
namespace {

using store::RecordKey;
using store::ResourceWrite;
using State = std::optional<store::RecordState>;

store::BodyHash hash_of(std::string_view bytes) {
  store::BodyHash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return hash;
}

RecordKey key_of(const MappedRecord& record, const store::RecordName& name) {
  return {record.header.key.clinic, name};
}

/// Moves the large parts; type and id stay.
ResourceWrite to_write(MappedResource& resource, const store::RecordName& source) {
  return {.operation = ResourceWrite::Operation::kPut,
          .type = resource.type,
          .id = resource.id,
          .precondition = store::AnyState{},
          .patient = resource.patient,
          .sensitivity = resource.sensitivity,
          .source = source,
          .body = std::move(resource.json),
          .meta_offset = resource.meta_offset,
          .index = std::move(resource.index)};
}

class Plan {
 public:
  Plan(const Planner& planner, MappedRecord record)
      : planner_(planner), record_(std::move(record)) {}

  Result<store::WriteUnit> make(std::string bytes);

 private:
  /// The latest applied revision, and a promise that it still is when the unit is written.
  Result<State> expect(const RecordKey& key);
  Status put_resources(const State& before);
  Status retire_dropped(const State& before);
  Status retire_one(const store::WrittenResource& old, std::string_view reason);
  Status retract(const Retraction& retraction);
  Status merge(const PatientMerge& merge);
  Status link(const State& patient, PatientLink link, const ResourceId& other);
  Status refuse_if_retracted(const State& before);
  Result<ResourceWrite> new_version(const store::StoredResource& old, Body body);

  const Planner& planner_;
  MappedRecord record_;
  store::WriteUnit unit_;
};

Result<State> Plan::expect(const RecordKey& key) {
  KAP_TRY(auto state, planner_.store.record(key));
  unit_.expected.push_back(
      {key, state ? std::optional(state->revision) : std::optional<store::Revision>{}});
  return state;
}

Result<ResourceWrite> Plan::new_version(const store::StoredResource& old, Body body) {
  KAP_TRY(auto index, planner_.mapper.index(old.type, body.json));
  return ResourceWrite{.operation = ResourceWrite::Operation::kPut,
                       .type = old.type,
                       .id = old.id,
                       .precondition = store::AnyState{},
                       .patient = old.patient,
                       .sensitivity = old.sensitivity,
                       .source = old.source,
                       .body = std::move(body.json),
                       .meta_offset = body.meta_offset,
                       .index = std::move(index)};
}

Status Plan::retire_one(const store::WrittenResource& old, std::string_view reason) {
  const auto how = retirement_of(old.type);
  if (how == Retirement::kKept) return {};
  auto stored = planner_.store.read(planner_.permit, old.type, old.id);
  if (!stored) {
    // Deleted before: there is nothing left to mark.
    const auto category = stored.error().category();
    if (category == Category::kGone || category == Category::kNotFound) return {};
    return std::unexpected(std::move(stored).error());
  }
  if (how == Retirement::kDeleted) {
    unit_.resources.push_back({.operation = ResourceWrite::Operation::kDelete,
                               .type = old.type,
                               .id = old.id,
                               .precondition = store::AnyState{},
                               .patient = stored->patient,
                               .sensitivity = stored->sensitivity,
                               .source = stored->source,
                               .body = {},
                               .meta_offset = 0,
                               .index = {}});
    return {};
  }
  KAP_TRY(auto body, retire(*stored, reason));
  if (!body) return {};
  KAP_TRY(auto write, new_version(*stored, std::move(*body)));
  unit_.resources.push_back(std::move(write));
  return {};
}

Status Plan::refuse_if_retracted(const State& before) {
  if (!before) return {};
  for (const auto& resource : before->resources) {
    const auto how = retirement_of(resource.type);
    if (how == Retirement::kKept || how == Retirement::kDeleted) continue;
    auto stored = planner_.store.read(planner_.permit, resource.type, resource.id);
    if (!stored) continue;
    if (is_retracted(*stored))
      return fail(Category::kGone, IssueType::kBusinessRule,
                  "the record was retracted and takes no further revision; send what is right as a "
                  "record of its own",
                  "revision");
    return {};
  }
  return {};
}

Status Plan::put_resources(const State& before) {
  for (auto& resource : record_.resources) {
    auto write = to_write(resource, record_.header.key.name);
    if (before && resource.type == "Patient") {
      auto stored = planner_.store.read(planner_.permit, resource.type, resource.id);
      if (stored) {
        KAP_TRY(auto document, fhir::json::parse(write.body));
        KAP_TRY(const bool is_kept, keep_patient_links(stored->body, document));
        if (is_kept) {
          KAP_TRY(auto body, to_body(document));
          KAP_TRY(write.index, planner_.mapper.index(resource.type, body.json));
          write.body = std::move(body.json);
          write.meta_offset = body.meta_offset;
        }
      }
    }
    unit_.resources.push_back(std::move(write));
  }
  return {};
}

Status Plan::retire_dropped(const State& before) {
  if (!before) return {};
  for (const auto& old : before->resources) {
    const bool is_still_there = std::ranges::any_of(record_.resources, [&old](const auto& now) {
      return now.type == old.type && now.id == old.id;
    });
    if (!is_still_there) KAP_CHECK_OK(retire_one(old, {}));
  }
  return {};
}

Status Plan::retract(const Retraction& retraction) {
  KAP_TRY(const auto target, expect(key_of(record_, retraction.target)));
  if (!target) return {};  // not received yet: the writer parks the retraction
  for (const auto& resource : target->resources)
    KAP_CHECK_OK(retire_one(resource, retraction.reason));
  return {};
}

Status Plan::link(const State& patient, PatientLink link, const ResourceId& other) {
  for (const auto& resource : patient->resources) {
    if (resource.type != "Patient") continue;
    KAP_TRY(const auto stored, planner_.store.read(planner_.permit, resource.type, resource.id));
    KAP_TRY(auto body, link_patient(stored, link, other));
    KAP_TRY(auto write, new_version(stored, std::move(body)));
    unit_.resources.push_back(std::move(write));
  }
  return {};
}

ResourceId patient_id(const State& patient) {
  for (const auto& resource : patient->resources)
    if (resource.type == "Patient") return resource.id;
  return {};
}

Status Plan::merge(const PatientMerge& merge) {
  KAP_TRY(const auto surviving, expect(key_of(record_, merge.surviving)));
  KAP_TRY(const auto duplicate, expect(key_of(record_, merge.duplicate)));
  if (!surviving || !duplicate) return {};  // the writer parks the merge
  KAP_CHECK_OK(link(surviving, PatientLink::kReplaces, patient_id(duplicate)));
  return link(duplicate, PatientLink::kReplacedBy, patient_id(surviving));
}

Result<store::WriteUnit> Plan::make(std::string bytes) {
  const auto& header = record_.header;
  unit_.clinic = header.key.clinic;
  KAP_TRY(const auto before, expect(header.key));
  // A replay is the writer's to answer, and it must not look like a further revision.
  if (!before || before->revision < header.revision) {
    KAP_CHECK_OK(refuse_if_retracted(before));
    KAP_CHECK_OK(put_resources(before));
    KAP_CHECK_OK(retire_dropped(before));
    if (record_.retraction) KAP_CHECK_OK(retract(*record_.retraction));
    if (record_.merge) KAP_CHECK_OK(merge(*record_.merge));
  }
  unit_.audit.push_back({.recorded = planner_.clock.now(),
                         .clinic = header.key.clinic,
                         .principal = "clinic/" + planner_.permit.principal().id,
                         .action = "submit",
                         .entity = header.key.name.kind + "/" + header.key.name.id.text(),
                         .detail = {}});
  const auto hash = hash_of(bytes);
  unit_.record = store::RecordWrite{.key = header.key,
                                    .revision = header.revision,
                                    .body_hash = hash,
                                    .serialized = std::move(bytes),
                                    .required = std::move(record_.required)};
  return std::move(unit_);
}

}  // namespace

std::vector<RecordKey> touched_records(const MappedRecord& record) {
  std::vector<RecordKey> keys{record.header.key};
  if (record.retraction) keys.push_back(key_of(record, record.retraction->target));
  if (record.merge) {
    keys.push_back(key_of(record, record.merge->surviving));
    keys.push_back(key_of(record, record.merge->duplicate));
  }
  return keys;
}

Result<store::WriteUnit> plan_record(const Planner& planner, MappedRecord record,
                                     std::string bytes) {
  return Plan(planner, std::move(record)).make(std::move(bytes));
}

}  // namespace kap::gateway::service

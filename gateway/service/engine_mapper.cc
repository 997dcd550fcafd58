#include "gateway/service/engine_mapper.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/validate/structure.h"
#include "gateway/service/ownership.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

constexpr std::string_view kRetractionKind = "retraction";
constexpr std::string_view kMergeKind = "patient_merge";
constexpr std::string_view kKindPrefix = "RECORD_KIND_";
constexpr std::string_view kReasonPrefix = "RETRACTION_REASON_";

std::string to_lower(std::string_view text, char from, char to) {
  std::string lower(text);
  for (auto& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == from) c = to;
  }
  return lower;
}

/// `RECORD_KIND_TREATMENT_SESSION` is the field `treatment_session` of Record.
std::string to_kind(std::string_view enumerator) {
  if (enumerator.starts_with(kKindPrefix)) enumerator.remove_prefix(kKindPrefix.size());
  return to_lower(enumerator, '_', '_');
}

/// `RETRACTION_REASON_WRONG_PATIENT` is the code `wrong-patient`.
std::string to_reason(std::string_view enumerator) {
  if (enumerator.starts_with(kReasonPrefix)) enumerator.remove_prefix(kReasonPrefix.size());
  return to_lower(enumerator, '_', '-');
}

/// What the maps yield must be FHIR; where it is not, the map is wrong and not the record.
Outcome map_defect(std::string_view type, std::vector<Issue> issues) {
  for (auto& issue : issues)
    issue.diagnostics =
        fmt::format("the map yields a {} that is not valid: {}", type, issue.diagnostics);
  return {Category::kInternal, std::move(issues)};
}

Result<MappedResource> finish(const mappings::MappedRecord& record,
                              const mappings::MappedResource& mapped) {
  const auto body = record.body(mapped);
  KAP_TRY(const auto document, json::parse(body));
  auto issues = fhir::validate::validate_structure(document.root);
  if (!issues.empty()) return std::unexpected(map_defect(mapped.type, std::move(issues)));
  KAP_TRY(auto index, fhir::search::extract(document.root));
  MappedResource resource{.type = std::string(mapped.type),
                          .id = ResourceId(std::string(mapped.id)),
                          .json = std::string(body),
                          .meta_offset = mapped.meta_offset,
                          .patient = {},
                          .sensitivity = sensitivity_of(document.root),
                          .index = std::move(index)};
  if (!mapped.owner.empty()) resource.patient = ResourceId(std::string(mapped.owner));
  return resource;
}

/// The target of a retraction is a record of any kind, so that no field's option can name it.
Result<Retraction> read_retraction(std::string_view bytes) {
  KAP_TRY(const auto text, mappings::record_to_json(bytes));
  KAP_TRY(const auto document, json::parse(text));
  const auto* body = document.root.find("retraction");
  if (body == nullptr)
    return fail(Category::kInternal, IssueType::kException, "a retraction without a body");
  return Retraction{.target = {.kind = to_kind(body->string("kind")),
                               .id = RecordId(std::string(body->string("targetRecordId")))},
                    .reason = to_reason(body->string("reason"))};
}

const store::RequiredRecord* find_path(const std::vector<store::RequiredRecord>& required,
                                       std::string_view path) {
  const auto found = std::ranges::find(required, path, &store::RequiredRecord::field_path);
  return found == required.end() ? nullptr : &*found;
}

Status add_amendment(std::string_view bytes, MappedRecord& record) {
  const auto& kind = record.header.key.name.kind;
  if (kind == kRetractionKind) {
    KAP_TRY(auto retraction, read_retraction(bytes));
    if (retraction.target.kind == kRetractionKind || retraction.target.kind == kMergeKind)
      return fail(Category::kUnprocessable, IssueType::kBusinessRule,
                  "a retraction or a merge cannot be retracted", "retraction.kind");
    if (find_path(record.required, "retraction.target_record_id") == nullptr)
      record.required.push_back({retraction.target, "retraction.target_record_id"});
    record.retraction = std::move(retraction);
  } else if (kind == kMergeKind) {
    const auto* surviving = find_path(record.required, "patient_merge.surviving_patient_id");
    const auto* duplicate = find_path(record.required, "patient_merge.duplicate_patient_id");
    if (surviving == nullptr || duplicate == nullptr)
      return fail(Category::kInternal, IssueType::kException, "a merge without its two patients");
    record.merge = PatientMerge{surviving->name, duplicate->name};
  }
  return {};
}

}  // namespace

Result<RecordHeader> EngineMapper::read_header(std::string_view bytes) const {
  KAP_TRY(auto head, mappings::Mapper::head(bytes));
  return RecordHeader{.key = {ClinicId(std::move(head.clinic)),
                              {std::move(head.kind), RecordId(std::move(head.record_id))}},
                      .revision = head.revision};
}

Result<MappedRecord> EngineMapper::map(std::string_view bytes) const {
  const mappings::MapOptions options{.ids = ids_, .clock = &clock_};
  KAP_TRY(const auto mapped, maps_.map_record(bytes, options));
  MappedRecord record;
  record.header = {.key = {ClinicId(std::string(mapped.clinic)),
                           {std::string(mapped.kind), RecordId(std::string(mapped.record_id))}},
                   .revision = mapped.revision};
  for (const auto& reference : mapped.references)
    record.required.push_back(
        {{std::string(reference.kind), RecordId(std::string(reference.record_id))},
         reference.path});
  record.resources.reserve(mapped.resources.size());
  for (const auto& resource : mapped.resources) {
    KAP_TRY(auto finished, finish(mapped, resource));
    record.resources.push_back(std::move(finished));
  }
  KAP_CHECK_OK(add_amendment(bytes, record));
  return record;
}

Result<std::vector<fhir::search::IndexEntry>> EngineMapper::index(std::string_view /*type*/,
                                                                  std::string_view json) const {
  KAP_TRY(const auto document, json::parse(json));
  return fhir::search::extract(document.root);
}

}  // namespace kap::gateway::service

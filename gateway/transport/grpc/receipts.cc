#include "gateway/transport/grpc/receipts.h"

#include "fhir/base/clock.h"
#include "kap/clinic/v1/record.pb.h"

namespace kap::gateway::transport::grpc {
namespace {

using service::Verdict;

clinic::v1::RefusalCategory to_category(Verdict verdict) {
  switch (verdict) {
    case Verdict::kInvalid:
      return clinic::v1::REFUSAL_CATEGORY_INVALID;
    case Verdict::kMissingRecord:
      return clinic::v1::REFUSAL_CATEGORY_MISSING_RECORD;
    case Verdict::kForbiddenClinic:
      return clinic::v1::REFUSAL_CATEGORY_FORBIDDEN_CLINIC;
    case Verdict::kRevisionConflict:
      return clinic::v1::REFUSAL_CATEGORY_REVISION_CONFLICT;
    case Verdict::kStaleRevision:
      return clinic::v1::REFUSAL_CATEGORY_STALE_REVISION;
    case Verdict::kRetracted:
      return clinic::v1::REFUSAL_CATEGORY_RETRACTED;
    case Verdict::kTooLarge:
      return clinic::v1::REFUSAL_CATEGORY_TOO_LARGE;
    case Verdict::kUnavailable:
      return clinic::v1::REFUSAL_CATEGORY_UNAVAILABLE;
    case Verdict::kNotMappable:
      return clinic::v1::REFUSAL_CATEGORY_NOT_MAPPABLE;
    case Verdict::kAccepted:
    case Verdict::kDuplicate:
      break;
  }
  return clinic::v1::REFUSAL_CATEGORY_UNSPECIFIED;
}

void fill_key(const service::RecordHeader& header, clinic::v1::RecordKey& key) {
  key.set_clinic_id(header.key.clinic.text());
  key.set_kind(to_kind(header.key.name.kind));
  key.set_record_id(header.key.name.id.text());
  key.set_revision(header.revision);
}

void fill_refusal(const service::Receipt& receipt, clinic::v1::Refused& refused) {
  refused.set_category(to_category(receipt.verdict));
  refused.set_kept_pending(receipt.verdict == Verdict::kMissingRecord);
  for (const auto& issue : receipt.violations) {
    auto& violation = *refused.add_violations();
    violation.set_field_path(issue.expression);
    violation.set_code(std::string(to_code(issue.code)));
    violation.set_reason(issue.diagnostics);
  }
  for (const auto& missing : receipt.missing)
    fill_key({{receipt.record.key.clinic, missing.name}, 0}, *refused.add_missing_records());
}

}  // namespace

clinic::v1::RecordKind to_kind(const std::string& name) {
  const auto* field = clinic::v1::Record::descriptor()->FindFieldByName(name);
  if (field == nullptr || field->containing_oneof() == nullptr)
    return clinic::v1::RECORD_KIND_UNSPECIFIED;
  return static_cast<clinic::v1::RecordKind>(field->number());
}

clinic::v1::Receipt to_message(const service::Receipt& receipt) {
  clinic::v1::Receipt message;
  fill_key(receipt.record, *message.mutable_record());
  message.set_sequence(static_cast<std::int64_t>(receipt.ordinal));
  if (!service::is_acceptance(receipt.verdict)) {
    fill_refusal(receipt, *message.mutable_refused());
    return message;
  }
  auto& accepted = *message.mutable_accepted();
  accepted.set_duplicate(receipt.verdict == Verdict::kDuplicate);
  for (const auto& resource : receipt.resources) {
    auto& version = *accepted.add_resources();
    version.set_type(resource.type);
    version.set_id(resource.id.text());
    version.set_version(std::to_string(resource.version));
  }
  return message;
}

clinic::v1::DeadLetter to_message(const service::RefusedRecord& record) {
  clinic::v1::DeadLetter message;
  if (record.letter.number > 0) message.set_id(std::to_string(record.letter.number));
  fill_key({record.letter.key, record.letter.revision}, *message.mutable_record());
  message.set_received_at(to_fhir_instant(record.letter.received));
  fill_refusal(record.refusal, *message.mutable_refused());
  message.set_body(record.letter.serialized);
  return message;
}

}  // namespace kap::gateway::transport::grpc

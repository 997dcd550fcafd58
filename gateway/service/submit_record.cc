#include "gateway/service/submit_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fhir/base/limits.h"

namespace kap::gateway::service {
namespace {

Verdict to_verdict(Category category, Stage stage) {
  switch (category) {
    case Category::kForbidden:
    case Category::kUnauthenticated:
      return Verdict::kForbiddenClinic;
    case Category::kGone:
      return Verdict::kRetracted;
    case Category::kConflict:
      return Verdict::kRevisionConflict;
    case Category::kTooLarge:
      return Verdict::kTooLarge;
    case Category::kThrottled:
    case Category::kUnavailable:
    case Category::kTimeout:
      return Verdict::kUnavailable;
    case Category::kInternal:
      return stage == Stage::kMapping ? Verdict::kNotMappable : Verdict::kUnavailable;
    case Category::kInvalidRequest:
    case Category::kNotFound:
    case Category::kMethodNotAllowed:
    case Category::kNotAcceptable:
    case Category::kPreconditionFailed:
    case Category::kUnsupportedMediaType:
    case Category::kUnprocessable:
      return Verdict::kInvalid;
  }
  return Verdict::kInvalid;
}

Status check_clinic(const security::Permit& permit, const RecordHeader& header) {
  const auto& clinics = permit.predicates().clinics;
  if (std::ranges::find(clinics, header.key.clinic) != clinics.end()) return {};
  return fail(Category::kForbidden, IssueType::kForbidden,
              "the certificate does not cover this clinic; its SAN URI urn:kap:clinic:<id> names "
              "the one it covers",
              "clinic_id");
}

Issue issue_of(const store::WriteOutcome& outcome) {
  Issue issue{
      .code = IssueType::kConflict, .diagnostics = {}, .expression = "revision", .position = {}};
  switch (outcome.refusal) {
    case store::Refusal::kOtherBody:
      issue.diagnostics = fmt::format(
          "this revision was taken before with other content; send the change as revision {} or "
          "higher",
          outcome.latest_revision + 1);
      break;
    case store::Refusal::kLowerRevision:
    case store::Refusal::kSuperseded:
      issue.diagnostics =
          fmt::format("revision {} was taken before; revisions only grow", outcome.latest_revision);
      break;
    case store::Refusal::kNone:
      issue.diagnostics = "not written";
      break;
  }
  return issue;
}

std::vector<Issue> issues_of(const std::vector<store::RequiredRecord>& missing) {
  std::vector<Issue> issues;
  for (const auto& record : missing)
    issues.push_back({.code = IssueType::kNotFound,
                      .diagnostics = fmt::format(
                          "names a {} record that has not been received; this record is kept and "
                          "applied once it arrives",
                          record.name.kind),
                      .expression = record.field_path,
                      .position = {}});
  return issues;
}

}  // namespace

MapOutcome map_record(const Intake& intake, const security::Permit& permit,
                      std::string_view bytes) {
  if (bytes.size() > limits::kRecordBytes)
    return to_refusal({},
                      Outcome(Category::kTooLarge, IssueType::kTooLong,
                              fmt::format("the record has {} bytes, the limit is {}", bytes.size(),
                                          limits::kRecordBytes)),
                      Stage::kMapping);
  const auto header = intake.mapper.read_header(bytes);
  if (!header) return to_refusal({}, header.error(), Stage::kMapping);
  if (const auto status = check_clinic(permit, *header); !status)
    return to_refusal(*header, status.error(), Stage::kMapping);
  auto record = intake.mapper.map(bytes);
  if (!record) return to_refusal(*header, record.error(), Stage::kMapping);
  return std::move(*record);
}

Receipt to_refusal(const RecordHeader& record, const Outcome& outcome, Stage stage) {
  return {.record = record,
          .verdict = to_verdict(outcome.category(), stage),
          .violations = outcome.issues()};
}

Receipt to_receipt(const RecordHeader& record, const store::WriteOutcome& outcome) {
  Receipt receipt{.record = record};
  switch (outcome.status) {
    case store::WriteStatus::kWritten:
      receipt.verdict = Verdict::kAccepted;
      receipt.resources = outcome.resources;
      break;
    case store::WriteStatus::kReplayed:
      receipt.verdict = Verdict::kDuplicate;
      receipt.resources = outcome.resources;
      break;
    case store::WriteStatus::kParked:
      receipt.verdict = Verdict::kMissingRecord;
      receipt.missing = outcome.missing;
      receipt.violations = issues_of(outcome.missing);
      break;
    case store::WriteStatus::kRefused:
      receipt.verdict = outcome.refusal == store::Refusal::kOtherBody ? Verdict::kRevisionConflict
                                                                      : Verdict::kStaleRevision;
      receipt.violations = {issue_of(outcome)};
      break;
    case store::WriteStatus::kConflict:
    case store::WriteStatus::kPreconditionFailed:
    case store::WriteStatus::kTooCostly:  // records expect no match
      receipt.verdict = Verdict::kUnavailable;
      receipt.violations = {{.code = IssueType::kTransient,
                             .diagnostics = "the record kept changing while it was applied; send "
                                            "it again",
                             .expression = {},
                             .position = {}}};
      break;
  }
  return receipt;
}

}  // namespace kap::gateway::service

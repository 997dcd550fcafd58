#include "gateway/store/sqlite/unit_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fhir/search/index_entry.h"
#include "gateway/store/sqlite/expected_match.h"

namespace kap::gateway::store::sqlite {
namespace {

using Space = Dictionary::Space;

bool holds(const Precondition& precondition, const std::optional<Version>& version) {
  if (std::holds_alternative<MustNotExist>(precondition)) return !version.has_value();
  if (std::holds_alternative<MustExist>(precondition)) return version.has_value();
  if (const auto* wanted = std::get_if<Version>(&precondition)) return version == *wanted;
  return true;
}

WriteOutcome refused(Refusal refusal, Revision latest) {
  return {.status = WriteStatus::kRefused, .refusal = refusal, .latest_revision = latest};
}

}  // namespace

Status check_unit(const WriteUnit& unit) {
  constexpr std::string_view kBefore = "\"meta\":{";
  for (const auto& write : unit.resources) {
    if (write.operation == ResourceWrite::Operation::kDelete) continue;
    if (write.meta_offset > write.body.size() ||
        !std::string_view(write.body).substr(0, write.meta_offset).ends_with(kBefore)) {
      return fail(Category::kInternal, IssueType::kException,
                  "a resource's meta_offset is not just after its `\"meta\":{`", write.type);
    }
  }
  std::vector<std::pair<std::string_view, std::string_view>> names;
  for (const auto& write : unit.resources) names.emplace_back(write.type, write.id.text());
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end()) {
    return fail(Category::kInvalidRequest, IssueType::kDuplicate,
                "one unit writes the same resource twice");
  }
  return {};
}

std::size_t size_of(const WriteUnit& unit) {
  std::size_t size = sizeof(WriteUnit);
  for (const auto& write : unit.resources) {
    size += sizeof(ResourceWrite) + write.body.size() +
            write.index.size() * sizeof(fhir::search::IndexEntry);
  }
  if (unit.record.has_value()) size += unit.record->serialized.size();
  return size;
}

Result<std::vector<WrittenResource>> read_receipt(Database& database, const Dictionary& dictionary,
                                                  std::int64_t first_seq, std::int64_t resources) {
  std::vector<WrittenResource> out;
  out.reserve(static_cast<std::size_t>(resources));
  auto& statement = database.prepared(
      "SELECT type, id, version FROM version WHERE seq >= ? AND seq < ? ORDER BY seq");
  statement.with(first_seq, first_seq + resources);
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) break;
    out.push_back({.type = dictionary.name(Space::kType, statement.integer(0)),
                   .id = ResourceId(std::string(statement.bytes(1))),
                   .version = static_cast<Version>(statement.integer(2))});
  }
  return out;
}

Result<std::vector<WrittenResource>> UnitWriter::receipt(const RecordBook::Seen& seen) {
  return read_receipt(database_, dictionary_, seen.first_seq.value_or(0), seen.resources);
}

Result<WriteOutcome> UnitWriter::apply(const WriteUnit& unit) {
  std::optional<RecordBook::Record> record;
  std::optional<RecordBook::Seen> seen;
  if (unit.record.has_value()) {
    KAP_TRY(record, records_.find(unit.record->key));
    if (record.has_value()) {
      KAP_TRY(seen, records_.find_revision(record->number, unit.record->revision));
    }
    KAP_TRY(auto judged, judge_record(*unit.record, record, seen));
    if (judged.has_value()) return std::move(*judged);
  }
  KAP_TRY(const bool expected, as_expected(unit.expected));
  if (!expected) return WriteOutcome{.status = WriteStatus::kConflict};
  KAP_TRY(const bool same_versions, as_expected(unit.expected_versions));
  if (!same_versions) return WriteOutcome{.status = WriteStatus::kConflict};
  KAP_TRY(auto unlike, judge_matches(unit.expected_matches));
  if (unlike.has_value()) return std::move(*unlike);
  if (unit.record.has_value()) {
    KAP_TRY(auto missing, records_.missing(unit.clinic, unit.record->required));
    if (!missing.empty()) {
      KAP_CHECK_OK(records_.park(*unit.record, record, seen, missing, clock_.now()));
      KAP_CHECK_OK(write_audit(unit.audit));
      return WriteOutcome{.status = WriteStatus::kParked, .missing = std::move(missing)};
    }
  }
  return write(unit, record, seen);
}

Result<std::optional<WriteOutcome>> UnitWriter::judge_record(
    const RecordWrite& write, const std::optional<RecordBook::Record>& record,
    const std::optional<RecordBook::Seen>& seen) {
  if (!record.has_value()) return std::nullopt;
  if (!seen.has_value()) {
    if (write.revision < record->seen) return refused(Refusal::kLowerRevision, record->seen);
    return std::nullopt;
  }
  if (seen->body_hash != write.body_hash) return refused(Refusal::kOtherBody, record->seen);
  switch (seen->status) {
    case RevisionStatus::kParked:
      return std::nullopt;
    case RevisionStatus::kSuperseded:
      return refused(Refusal::kSuperseded, record->seen);
    case RevisionStatus::kApplied:
      break;
  }
  KAP_TRY(auto resources, receipt(*seen));
  return WriteOutcome{.status = WriteStatus::kReplayed, .resources = std::move(resources)};
}

Result<bool> UnitWriter::as_expected(const std::vector<ExpectedRecord>& expected) {
  for (const auto& one : expected) {
    KAP_TRY(const auto record, records_.find(one.key));
    const auto applied = record.has_value() ? record->applied : std::nullopt;
    if (applied != one.revision) return false;
  }
  return true;
}

Result<bool> UnitWriter::as_expected(const std::vector<ExpectedVersion>& expected) {
  for (const auto& one : expected) {
    const auto type = dictionary_.find(Space::kType, one.type);
    std::optional<Version> version;
    if (type.has_value()) {
      KAP_TRY(const auto current, versions_.current(*type, one.id));
      if (current.has_value() && !current->deleted) version = current->version;
    }
    if (version != one.version) return false;
  }
  return true;
}

Result<std::optional<WriteOutcome>> UnitWriter::judge_matches(
    const std::vector<ExpectedMatch>& expected) {
  if (expected.empty()) return std::nullopt;
  // A search reads postings: those of the versions before in this transaction have to be there.
  KAP_CHECK_OK(versions_.flush());
  for (const auto& one : expected) {
    auto holds = holds_match(database_, dictionary_, one, versions_.last());
    if (!holds.has_value()) {
      const auto category = holds.error().category();
      if (category != Category::kTimeout && category != Category::kUnprocessable)
        return std::unexpected(std::move(holds).error());
      return WriteOutcome{.status = WriteStatus::kTooCostly};
    }
    if (!*holds) return WriteOutcome{.status = WriteStatus::kConflict};
  }
  return std::nullopt;
}

Result<WriteOutcome> UnitWriter::write(const WriteUnit& unit,
                                       const std::optional<RecordBook::Record>& record,
                                       const std::optional<RecordBook::Seen>& seen) {
  KAP_TRY(const auto clinic, dictionary_.number(database_, Space::kClinic, unit.clinic.text()));
  std::vector<Target> targets(unit.resources.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto& one = unit.resources[i];
    KAP_TRY(targets[i].type, dictionary_.number(database_, Space::kType, one.type));
    KAP_TRY(targets[i].current, versions_.current(targets[i].type, one.id));
    const auto& current = targets[i].current;
    const bool foreign = current.has_value() && current->clinic != clinic;
    std::optional<Version> version;
    if (current.has_value() && !current->deleted && !foreign) version = current->version;
    const bool deletes_nothing =
        one.operation == ResourceWrite::Operation::kDelete && !version.has_value();
    // Another clinic's id is refused like one that is taken, without saying by whom.
    if (foreign || deletes_nothing || !holds(one.precondition, version)) {
      return WriteOutcome{.status = WriteStatus::kPreconditionFailed,
                          .failed_resource = i,
                          .current_version = version};
    }
  }
  WriteOutcome outcome;
  // The clock may step back; the order of commits does not.
  outcome.last_updated = std::max(clock_.now(), versions_.last_updated());
  const auto first_seq = versions_.last().value + 1;
  outcome.resources.reserve(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    KAP_TRY(auto written, versions_.append(unit.resources[i], targets[i].type, clinic,
                                           targets[i].current, outcome.last_updated));
    outcome.resources.push_back(std::move(written));
  }
  outcome.seq = versions_.last();
  if (unit.record.has_value()) {
    KAP_TRY(outcome.released,
            records_.apply(*unit.record, record, seen, first_seq,
                           static_cast<std::int64_t>(targets.size()), outcome.last_updated));
  }
  KAP_CHECK_OK(write_audit(unit.audit));
  return outcome;
}

Status UnitWriter::write_audit(const std::vector<AuditRow>& rows) {
  for (const auto& row : rows) {
    KAP_TRY(const auto clinic, dictionary_.number(database_, Space::kClinic, row.clinic.text()));
    KAP_CHECK_OK(database_
                     .prepared("INSERT INTO audit (recorded, clinic, principal, action, entity, "
                               "detail) VALUES (?, ?, ?, ?, ?, ?)")
                     .with(std::int64_t{row.recorded.time_since_epoch().count()}, clinic,
                           row.principal, row.action, row.entity, row.detail)
                     .run());
  }
  return {};
}

void UnitWriter::keep() {
  versions_.keep();
  dictionary_.keep();
}

void UnitWriter::forget() {
  versions_.forget();
  dictionary_.forget();
}

}  // namespace kap::gateway::store::sqlite

#include <chrono>

#include "gateway/store/sqlite/backend.h"
#include "gateway/store/sqlite/record_book.h"

namespace kap::gateway::store::sqlite {
namespace {

using Space = Dictionary::Space;

Instant to_instant(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

/// What the parked revision of that number still waits for.
Result<std::vector<RequiredRecord>> waits_for(Database& database, const Dictionary& dictionary,
                                              std::int64_t revision) {
  std::vector<RequiredRecord> out;
  auto& statement = database.prepared(
      "SELECT clinic, kind, id, field_path FROM waiting WHERE revision = ? ORDER BY field_path");
  statement.with(revision);
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return out;
    auto key =
        to_record_key(dictionary, statement.integer(0), statement.integer(1), statement.bytes(2));
    out.push_back({.name = std::move(key.name), .field_path = std::string(statement.bytes(3))});
  }
}

/// Columns: o.clinic, o.kind, o.id, r.number, r.revision, r.received, r.serialized.
PendingRecord to_pending(const Dictionary& dictionary, const Statement& row) {
  return {.key = to_record_key(dictionary, row.integer(0), row.integer(1), row.bytes(2)),
          .number = row.integer(3),
          .revision = row.integer(4),
          .serialized = std::string(row.bytes(6)),
          .received = to_instant(row.integer(5)),
          .missing = {}};
}

}  // namespace

Result<std::optional<RecordState>> Backend::record(const RecordKey& key) const {
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  const auto clinic = dictionary_.find(Space::kClinic, key.clinic.text());
  const auto kind = dictionary_.find(Space::kRecordKind, key.name.kind);
  if (!clinic.has_value() || !kind.has_value()) return std::nullopt;
  RecordState state;
  std::int64_t first_seq = 0;
  std::int64_t resources = 0;
  {
    auto& statement = (*reader).prepared(
        "SELECT r.revision, r.first_seq, r.resources, r.serialized FROM record o JOIN revision r "
        "ON r.record = o.number AND r.revision = o.applied "
        "WHERE o.clinic = ? AND o.kind = ? AND o.id = ?");
    statement.with(*clinic, *kind, key.name.id.text());
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (!row) return std::nullopt;
    state.revision = statement.integer(0);
    first_seq = statement.integer(1);
    resources = statement.integer(2);
    state.serialized = statement.bytes(3);
  }
  KAP_TRY(state.resources, read_receipt(*reader, dictionary_, first_seq, resources));
  return state;
}

Result<std::optional<RevisionState>> Backend::revision(const RecordKey& key,
                                                       Revision revision) const {
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  const auto clinic = dictionary_.find(Space::kClinic, key.clinic.text());
  const auto kind = dictionary_.find(Space::kRecordKind, key.name.kind);
  if (!clinic.has_value() || !kind.has_value()) return std::nullopt;
  RevisionState state{.revision = revision, .resources = {}};
  std::int64_t first_seq = 0;
  std::int64_t resources = 0;
  {
    auto& statement = (*reader).prepared(
        "SELECT r.status, r.body_hash, r.first_seq, r.resources FROM record o JOIN revision r "
        "ON r.record = o.number WHERE o.clinic = ? AND o.kind = ? AND o.id = ? AND r.revision = ?");
    statement.with(*clinic, *kind, key.name.id.text(), revision);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (!row) return std::nullopt;
    state.status = static_cast<RevisionStatus>(statement.integer(0));
    state.body_hash = to_body_hash(statement.bytes(1));
    first_seq = statement.integer(2);
    resources = statement.integer(3);
  }
  if (state.status != RevisionStatus::kApplied) return state;
  KAP_TRY(state.resources, read_receipt(*reader, dictionary_, first_seq, resources));
  return state;
}

Result<std::optional<PendingRecord>> Backend::pending_record(const RecordKey& key,
                                                             Revision revision) const {
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  const auto clinic = dictionary_.find(Space::kClinic, key.clinic.text());
  const auto kind = dictionary_.find(Space::kRecordKind, key.name.kind);
  if (!clinic.has_value() || !kind.has_value()) return std::nullopt;
  std::optional<PendingRecord> pending;
  {
    auto& statement = (*reader).prepared(
        "SELECT o.clinic, o.kind, o.id, r.number, r.revision, r.received, r.serialized "
        "FROM record o JOIN revision r ON r.record = o.number WHERE o.clinic = ? AND o.kind = ? "
        "AND o.id = ? AND r.revision = ? AND r.status = 1");
    statement.with(*clinic, *kind, key.name.id.text(), revision);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (!row) return std::nullopt;
    pending = to_pending(dictionary_, statement);
  }
  KAP_TRY(pending->missing, waits_for(*reader, dictionary_, pending->number));
  return pending;
}

Result<std::vector<RecordRevision>> Backend::ready_records(std::size_t count) const {
  KAP_TRY(auto reader, point_readers_.lease());
  std::vector<RecordRevision> out;
  auto& statement = (*reader).prepared(
      "SELECT o.clinic, o.kind, o.id, r.revision FROM revision r JOIN record o "
      "ON o.number = r.record WHERE r.status = 1 AND NOT EXISTS (SELECT 1 FROM waiting w WHERE "
      "w.revision = r.number) ORDER BY r.number LIMIT ?");
  statement.with(static_cast<std::int64_t>(count));
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return out;
    out.push_back({.key = to_record_key(dictionary_, statement.integer(0), statement.integer(1),
                                        statement.bytes(2)),
                   .revision = statement.integer(3)});
  }
}

Result<std::vector<PendingRecord>> Backend::pending_records(const ClinicId& clinic,
                                                            ListPage page) const {
  std::vector<PendingRecord> out;
  const auto number = dictionary_.find(Space::kClinic, clinic.text());
  if (!number.has_value()) return out;
  KAP_TRY(auto reader, search_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  {
    auto& statement = (*reader).prepared(
        "SELECT o.clinic, o.kind, o.id, r.number, r.revision, r.received, r.serialized "
        "FROM revision r JOIN record o ON o.number = r.record WHERE r.status = 1 AND r.number > ? "
        "AND o.clinic = ? ORDER BY r.number LIMIT ?");
    statement.with(page.after, *number, static_cast<std::int64_t>(page.count));
    const ResetAtExit reset(statement);
    for (;;) {
      KAP_TRY(const bool row, statement.step());
      if (!row) break;
      out.push_back(to_pending(dictionary_, statement));
    }
  }
  for (auto& pending : out) {
    KAP_TRY(pending.missing, waits_for(*reader, dictionary_, pending.number));
  }
  return out;
}

}  // namespace kap::gateway::store::sqlite

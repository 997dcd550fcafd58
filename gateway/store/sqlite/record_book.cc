#include "gateway/store/sqlite/record_book.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace kap::gateway::store::sqlite {
namespace {

using Space = Dictionary::Space;

std::int64_t to_number(RevisionStatus status) { return static_cast<std::int64_t>(status); }

Blob to_blob(const BodyHash& hash) {
  return {{reinterpret_cast<const char*>(hash.data()), hash.size()}};
}

}  // namespace

RecordKey to_record_key(const Dictionary& dictionary, std::int64_t clinic, std::int64_t kind,
                        std::string_view id) {
  return {
      .clinic = ClinicId(dictionary.name(Space::kClinic, clinic)),
      .name = {.kind = dictionary.name(Space::kRecordKind, kind), .id = RecordId(std::string(id))}};
}

BodyHash to_body_hash(std::string_view bytes) {
  BodyHash hash{};
  std::ranges::copy(bytes.substr(0, hash.size()), hash.begin());
  return hash;
}

Result<std::optional<RecordBook::Record>> RecordBook::find(const RecordKey& key) {
  const auto clinic = dictionary_.find(Space::kClinic, key.clinic.text());
  const auto kind = dictionary_.find(Space::kRecordKind, key.name.kind);
  if (!clinic.has_value() || !kind.has_value()) return std::nullopt;
  auto& statement = database_.prepared(
      "SELECT number, seen, applied FROM record WHERE clinic = ? AND kind = ? AND id = ?");
  statement.with(*clinic, *kind, key.name.id.text());
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (!row) return std::nullopt;
  return Record{.number = statement.integer(0),
                .seen = statement.integer(1),
                .applied = statement.optional_integer(2)};
}

Result<std::optional<RecordBook::Seen>> RecordBook::find_revision(std::int64_t record,
                                                                  Revision revision) {
  auto& statement = database_.prepared(
      "SELECT number, status, body_hash, first_seq, resources FROM revision "
      "WHERE record = ? AND revision = ?");
  statement.with(record, revision);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (!row) return std::nullopt;
  return Seen{.number = statement.integer(0),
              .status = static_cast<RevisionStatus>(statement.integer(1)),
              .body_hash = to_body_hash(statement.bytes(2)),
              .first_seq = statement.optional_integer(3),
              .resources = statement.integer(4)};
}

Result<std::vector<RequiredRecord>> RecordBook::missing(
    const ClinicId& clinic, const std::vector<RequiredRecord>& required) {
  std::vector<RequiredRecord> out;
  for (const auto& one : required) {
    KAP_TRY(const auto record, find({.clinic = clinic, .name = one.name}));
    if (!record.has_value() || !record->applied.has_value()) out.push_back(one);
  }
  return out;
}

Result<std::int64_t> RecordBook::keep_record(const RecordWrite& write,
                                             const std::optional<Record>& record,
                                             RevisionStatus status) {
  std::optional<Revision> applied;
  if (status == RevisionStatus::kApplied) applied = write.revision;
  if (record.has_value()) {
    KAP_CHECK_OK(database_
                     .prepared("UPDATE record SET seen = max(seen, ?), applied = "
                               "coalesce(?, applied) WHERE number = ?")
                     .with(write.revision, applied, record->number)
                     .run());
    return record->number;
  }
  KAP_TRY(const auto clinic,
          dictionary_.number(database_, Space::kClinic, write.key.clinic.text()));
  KAP_TRY(const auto kind, dictionary_.number(database_, Space::kRecordKind, write.key.name.kind));
  KAP_CHECK_OK(
      database_
          .prepared("INSERT INTO record (clinic, kind, id, seen, applied) VALUES (?, ?, ?, ?, ?)")
          .with(clinic, kind, write.key.name.id.text(), write.revision, applied)
          .run());
  return database_.last_row();
}

Result<std::int64_t> RecordBook::keep_revision(const RecordWrite& write, std::int64_t record,
                                               const std::optional<Seen>& seen,
                                               RevisionStatus status, std::int64_t first_seq,
                                               std::int64_t resources, Instant received) {
  if (seen.has_value()) {
    KAP_CHECK_OK(database_
                     .prepared("UPDATE revision SET status = ?, first_seq = ?, resources = ? "
                               "WHERE number = ?")
                     .with(to_number(status), first_seq, resources, seen->number)
                     .run());
    KAP_CHECK_OK(
        database_.prepared("DELETE FROM waiting WHERE revision = ?").with(seen->number).run());
    return seen->number;
  }
  KAP_CHECK_OK(database_
                   .prepared("INSERT INTO revision (record, revision, status, body_hash, received, "
                             "first_seq, resources, codec, key_id, serialized) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?)")
                   .with(record, write.revision, to_number(status), to_blob(write.body_hash),
                         std::int64_t{received.time_since_epoch().count()}, first_seq, resources,
                         Blob{write.serialized})
                   .run());
  return database_.last_row();
}

Status RecordBook::park(const RecordWrite& write, const std::optional<Record>& record,
                        const std::optional<Seen>& seen, const std::vector<RequiredRecord>& missing,
                        Instant received) {
  KAP_TRY(const auto number, keep_record(write, record, RevisionStatus::kParked));
  KAP_TRY(const auto revision,
          keep_revision(write, number, seen, RevisionStatus::kParked, 0, 0, received));
  KAP_TRY(const auto clinic,
          dictionary_.number(database_, Space::kClinic, write.key.clinic.text()));
  for (const auto& one : missing) {
    KAP_TRY(const auto kind, dictionary_.number(database_, Space::kRecordKind, one.name.kind));
    KAP_CHECK_OK(database_
                     .prepared("INSERT OR IGNORE INTO waiting (clinic, kind, id, revision, "
                               "field_path) VALUES (?, ?, ?, ?, ?)")
                     .with(clinic, kind, one.name.id.text(), revision, one.field_path)
                     .run());
  }
  return {};
}

Result<std::vector<RecordRevision>> RecordBook::apply(const RecordWrite& write,
                                                      const std::optional<Record>& record,
                                                      const std::optional<Seen>& seen,
                                                      std::int64_t first_seq,
                                                      std::int64_t resources, Instant received) {
  KAP_TRY(const auto number, keep_record(write, record, RevisionStatus::kApplied));
  KAP_CHECK_OK(
      keep_revision(write, number, seen, RevisionStatus::kApplied, first_seq, resources, received));
  if (record.has_value()) {
    KAP_CHECK_OK(database_
                     .prepared("DELETE FROM waiting WHERE revision IN (SELECT number FROM revision "
                               "WHERE record = ? AND revision < ? AND status = 1)")
                     .with(number, write.revision)
                     .run());
    KAP_CHECK_OK(database_
                     .prepared("UPDATE revision SET status = 2 WHERE record = ? AND revision < ? "
                               "AND status = 1")
                     .with(number, write.revision)
                     .run());
  }
  // Only the first revision makes a record present.
  if (record.has_value() && record->applied.has_value()) return std::vector<RecordRevision>{};
  return release(write.key);
}

Result<std::vector<RecordRevision>> RecordBook::release(const RecordKey& key) {
  KAP_TRY(const auto clinic, dictionary_.number(database_, Space::kClinic, key.clinic.text()));
  KAP_TRY(const auto kind, dictionary_.number(database_, Space::kRecordKind, key.name.kind));
  std::vector<RecordRevision> out;
  {
    auto& statement = database_.prepared(
        "SELECT o.clinic, o.kind, o.id, r.revision FROM revision r "
        "JOIN record o ON o.number = r.record "
        "WHERE r.number IN (SELECT revision FROM waiting WHERE clinic = ?1 AND kind = ?2 AND id = "
        "?3) AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.revision = r.number AND NOT "
        "(w.clinic = ?1 AND w.kind = ?2 AND w.id = ?3)) ORDER BY r.record, r.revision");
    statement.with(clinic, kind, key.name.id.text());
    const ResetAtExit reset(statement);
    for (;;) {
      KAP_TRY(const bool row, statement.step());
      if (!row) break;
      out.push_back({.key = to_record_key(dictionary_, statement.integer(0), statement.integer(1),
                                          statement.bytes(2)),
                     .revision = statement.integer(3)});
    }
  }
  KAP_CHECK_OK(database_.prepared("DELETE FROM waiting WHERE clinic = ? AND kind = ? AND id = ?")
                   .with(clinic, kind, key.name.id.text())
                   .run());
  return out;
}

}  // namespace kap::gateway::store::sqlite

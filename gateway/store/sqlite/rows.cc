#include "gateway/store/sqlite/rows.h"

#include <chrono>

namespace kap::gateway::store::sqlite {

Result<std::optional<VersionRow>> find_version(Database& database, const Dictionary& dictionary,
                                               std::int64_t seq) {
  auto& statement = database.prepared(
      "SELECT seq, replaced_by, deleted, type, clinic, sensitivity, patient, last_updated, "
      "version, previous, id, source_kind, source_id FROM version WHERE seq = ?");
  statement.with(seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  VersionRow row;
  row.seq = statement.integer(0);
  row.replaced_by = statement.optional_integer(1);
  row.deleted = statement.integer(2) != 0;
  row.type = statement.integer(3);
  row.clinic = statement.integer(4);
  row.sensitivity = security::Sensitivity(static_cast<std::uint32_t>(statement.integer(5)));
  row.patient = statement.bytes(6);
  row.last_updated = statement.integer(7);
  row.version = static_cast<Version>(statement.integer(8));
  row.previous = statement.optional_integer(9);
  row.id = statement.bytes(10);
  if (!statement.is_null(11)) {
    row.source =
        RecordName{.kind = dictionary.name(Dictionary::Space::kRecordKind, statement.integer(11)),
                   .id = RecordId(std::string(statement.bytes(12)))};
  }
  return row;
}

Result<std::optional<std::int64_t>> find_current(Database& database, std::int64_t type,
                                                 std::string_view id) {
  auto& statement =
      database.prepared("SELECT current FROM resource WHERE type = ? AND id = ?").with(type, id);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  return statement.integer(0);
}

Result<StoredResource> to_resource(Database& database, const Dictionary& dictionary,
                                   const VersionRow& row) {
  StoredResource resource;
  resource.type = dictionary.name(Dictionary::Space::kType, row.type);
  resource.id = ResourceId(row.id);
  resource.version = row.version;
  resource.seq = {row.seq};
  resource.last_updated = Instant(std::chrono::milliseconds(row.last_updated));
  resource.deleted = row.deleted;
  resource.clinic = ClinicId(dictionary.name(Dictionary::Space::kClinic, row.clinic));
  if (!row.patient.empty()) resource.patient = ResourceId(row.patient);
  resource.sensitivity = row.sensitivity;
  resource.source = row.source;
  if (row.deleted) return resource;
  auto& statement =
      database.prepared("SELECT codec, key_id, body FROM content WHERE seq = ?").with(row.seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found || statement.integer(0) != 0 || statement.integer(1) != 0) {
    return fail(Category::kInternal, IssueType::kException,
                "a stored body is absent or in an encoding that this program does not know");
  }
  resource.body = statement.bytes(2);
  return resource;
}

Result<Sequence> last_sequence(Database& database) {
  auto& statement = database.prepared("SELECT max(seq) FROM version").with();
  const ResetAtExit reset(statement);
  KAP_TRY([[maybe_unused]] const bool row, statement.step());
  return Sequence{statement.integer(0)};
}

}  // namespace kap::gateway::store::sqlite

#include "gateway/store/sqlite/rows.h"

#include <chrono>
#include <utility>

namespace kap::gateway::store::sqlite {

namespace {

/// Columns of `version` in the order that to_row reads them.
#define KAP_VERSION_COLUMNS                                                                       \
  "v.seq, v.replaced_by, v.deleted, v.type, v.clinic, v.sensitivity, v.patient, v.last_updated, " \
  "v.version, v.previous, v.id, v.source_kind, v.source_id"
constexpr int kVersionColumns = 13;

VersionRow to_row(const Statement& statement, const Dictionary& dictionary) {
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

Result<std::string> to_body(const Statement& statement, int column) {
  KAP_TRY(const auto body, body_view(statement, column));
  return std::string(body);
}

Outcome no_body() {
  return {Category::kInternal, IssueType::kException, "a stored body is absent"};
}

}  // namespace

Result<std::string_view> body_view(const Statement& statement, int column) {
  if (statement.integer(column) != 0 || statement.integer(column + 1) != 0) {
    return fail(Category::kInternal, IssueType::kException,
                "a stored body is in an encoding that this program does not know");
  }
  return statement.bytes(column + 2);
}

Result<std::optional<VersionRow>> find_version(Database& database, const Dictionary& dictionary,
                                               std::int64_t seq) {
  auto& statement =
      database.prepared("SELECT " KAP_VERSION_COLUMNS " FROM version v WHERE seq = ?").with(seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  return to_row(statement, dictionary);
}

Result<std::optional<CurrentRow>> read_current(Database& database, const Dictionary& dictionary,
                                               std::int64_t type, std::string_view id) {
  auto& statement =
      database
          .prepared("SELECT " KAP_VERSION_COLUMNS
                    ", c.codec, c.key_id, c.body FROM resource r JOIN version v ON v.seq = "
                    "r.current JOIN content c ON c.seq = r.current WHERE r.type = ? AND r.id = ?")
          .with(type, id);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  CurrentRow row{.version = to_row(statement, dictionary), .body = {}};
  KAP_TRY(row.body, to_body(statement, kVersionColumns));
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

StoredResource to_resource(const Dictionary& dictionary, const VersionRow& row, std::string body) {
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
  resource.body = std::move(body);
  return resource;
}

Result<StoredResource> to_resource(Database& database, const Dictionary& dictionary,
                                   const VersionRow& row) {
  if (row.deleted) return to_resource(dictionary, row, {});
  auto& statement =
      database.prepared("SELECT codec, key_id, body FROM content WHERE seq = ?").with(row.seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::unexpected(no_body());
  KAP_TRY(auto body, to_body(statement, 0));
  return to_resource(dictionary, row, std::move(body));
}

Status read_versions(Database& database, const Dictionary& dictionary, Sequence after,
                     std::size_t count, const std::function<void(VersionRow)>& use) {
  auto& statement = database
                        .prepared("SELECT " KAP_VERSION_COLUMNS
                                  " FROM version v WHERE seq > ? ORDER BY seq LIMIT ?")
                        .with(after.value, static_cast<std::int64_t>(count));
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return {};
    use(to_row(statement, dictionary));
  }
}

Result<Sequence> last_sequence(Database& database) {
  auto& statement = database.prepared("SELECT max(seq) FROM version").with();
  const ResetAtExit reset(statement);
  KAP_TRY([[maybe_unused]] const bool row, statement.step());
  return Sequence{statement.integer(0)};
}

}  // namespace kap::gateway::store::sqlite

#include <chrono>
#include <utility>

#include "gateway/store/sqlite/backend.h"

namespace kap::gateway::store::sqlite {
namespace {

using Space = Dictionary::Space;

/// Columns: number, clinic, kind, id, revision, serialized, violations, received.
DeadLetter to_dead_letter(const Dictionary& dictionary, const Statement& row) {
  return {.number = row.integer(0),
          .key = {.clinic = ClinicId(dictionary.name(Space::kClinic, row.integer(1))),
                  .name = {.kind = std::string(row.bytes(2)),
                           .id = RecordId(std::string(row.bytes(3)))}},
          .revision = row.integer(4),
          .serialized = std::string(row.bytes(5)),
          .violations = std::string(row.bytes(6)),
          .received = Instant(std::chrono::milliseconds(row.integer(7)))};
}

/// A waiting revision that is refused after all waits no longer: it would be submitted again at
/// every start. Only the very same bytes are it; another body under its revision leaves it waiting.
Status stop_waiting(Database& database, Dictionary& dictionary, std::int64_t clinic,
                    const DeadLetter& letter) {
  KAP_TRY(const auto kind, dictionary.number(database, Space::kRecordKind, letter.key.name.kind));
  const Blob serialized{letter.serialized};
  KAP_CHECK_OK(database
                   .prepared("DELETE FROM waiting WHERE revision IN (SELECT r.number FROM revision "
                             "r JOIN record o ON o.number = r.record WHERE o.clinic = ? AND o.kind "
                             "= ? AND o.id = ? AND r.revision = ? AND r.status = 1 AND "
                             "r.serialized = ?)")
                   .with(clinic, kind, letter.key.name.id.text(), letter.revision, serialized)
                   .run());
  return database
      .prepared(
          "DELETE FROM revision WHERE revision = ?4 AND status = 1 AND serialized = ?5 AND "
          "record IN (SELECT number FROM record WHERE clinic = ?1 AND kind = ?2 AND id = ?3)")
      .with(clinic, kind, letter.key.name.id.text(), letter.revision, serialized)
      .run();
}

}  // namespace

Result<std::int64_t> Backend::put_dead_letter(DeadLetter letter) {
  // Shared with the task, which may still run if this thread is gone.
  auto number = std::make_shared<std::int64_t>(0);
  KAP_CHECK_OK(writer_->run([letter = std::move(letter), number](Database& database,
                                                                 Dictionary& dictionary) -> Status {
    KAP_TRY(const auto clinic,
            dictionary.number(database, Space::kClinic, letter.key.clinic.text()));
    KAP_CHECK_OK(database
                     .prepared("INSERT INTO dead_letter (clinic, kind, id, revision, violations, "
                               "received, codec, key_id, serialized) VALUES (?, ?, ?, ?, ?, ?, 0, "
                               "0, ?)")
                     .with(clinic, letter.key.name.kind, letter.key.name.id.text(), letter.revision,
                           letter.violations,
                           std::int64_t{letter.received.time_since_epoch().count()},
                           Blob{letter.serialized})
                     .run());
    *number = database.last_row();
    return stop_waiting(database, dictionary, clinic, letter);
  }));
  return *number;
}

Result<std::vector<DeadLetter>> Backend::dead_letters(const ClinicId& clinic, ListPage page) const {
  std::vector<DeadLetter> out;
  const auto number = dictionary_.find(Space::kClinic, clinic.text());
  if (!number.has_value()) return out;
  KAP_TRY(auto reader, search_readers_.lease());
  auto& statement = (*reader).prepared(
      "SELECT number, clinic, kind, id, revision, serialized, violations, received "
      "FROM dead_letter WHERE clinic = ? AND number > ? ORDER BY number LIMIT ?");
  statement.with(*number, page.after, static_cast<std::int64_t>(page.count));
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return out;
    out.push_back(to_dead_letter(dictionary_, statement));
  }
}

Result<std::optional<DeadLetter>> Backend::dead_letter(std::int64_t number) const {
  KAP_TRY(auto reader, point_readers_.lease());
  auto& statement = (*reader).prepared(
      "SELECT number, clinic, kind, id, revision, serialized, violations, received "
      "FROM dead_letter WHERE number = ?");
  statement.with(number);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (!row) return std::nullopt;
  return to_dead_letter(dictionary_, statement);
}

Result<bool> Backend::remove_dead_letter(std::int64_t number) {
  auto removed = std::make_shared<bool>(false);
  KAP_CHECK_OK(writer_->run([number, removed](Database& database, Dictionary&) -> Status {
    KAP_CHECK_OK(database.prepared("DELETE FROM dead_letter WHERE number = ?").with(number).run());
    *removed = database.changed_rows() > 0;
    return {};
  }));
  return *removed;
}

}  // namespace kap::gateway::store::sqlite

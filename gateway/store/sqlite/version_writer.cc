#include "gateway/store/sqlite/version_writer.h"

#include "gateway/store/index/entries.h"
#include "gateway/store/index/postings.h"
#include "gateway/store/index/terms.h"

namespace kap::gateway::store::sqlite {

Status VersionWriter::load() {
  {
    auto& statement =
        database_.prepared("SELECT seq, last_updated FROM version ORDER BY seq DESC LIMIT 1")
            .with();
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (row) {
      last_.value = statement.integer(0);
      last_updated_ = Instant(std::chrono::milliseconds(statement.integer(1)));
    }
  }
  auto& statement = database_.prepared("SELECT latest FROM export_clock").with();
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (row) {
    const Instant latest{std::chrono::milliseconds(statement.integer(0))};
    last_updated_ = std::max(last_updated_, latest + std::chrono::milliseconds(1));
  }
  keep();
  return {};
}

Result<CommitMark> VersionWriter::mark(Instant now) {
  const CommitMark mark{.seq = last_, .at = std::max(now, last_updated_)};
  KAP_CHECK_OK(database_.prepared("REPLACE INTO export_clock (only_row, latest) VALUES (1, ?)")
                   .with(std::int64_t{mark.at.time_since_epoch().count()})
                   .run());
  last_updated_ = mark.at + std::chrono::milliseconds(1);
  return mark;
}

Result<std::optional<VersionWriter::Current>> VersionWriter::current(std::int64_t type,
                                                                     const ResourceId& id) {
  auto& statement = database_.prepared(
      "SELECT v.seq, v.version, v.deleted, v.clinic, v.patient, v.sensitivity FROM resource r JOIN "
      "version v "
      "ON v.seq = r.current WHERE r.type = ? AND r.id = ?");
  statement.with(type, id.text());
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (!row) return std::nullopt;
  Current current{
      .seq = {statement.integer(0)},
      .version = static_cast<Version>(statement.integer(1)),
      .deleted = statement.integer(2) != 0,
      .clinic = statement.integer(3),
      .sensitivity = security::Sensitivity(static_cast<std::uint32_t>(statement.integer(5)))};
  if (!statement.is_null(4)) current.patient = statement.bytes(4);
  return current;
}

Result<WrittenResource> VersionWriter::append(const ResourceWrite& write, std::int64_t type,
                                              std::int64_t clinic,
                                              const std::optional<Current>& previous,
                                              Instant last_updated) {
  const bool deleted = write.operation == ResourceWrite::Operation::kDelete;
  const Version version = previous.has_value() ? previous->version + 1 : 1;
  const std::int64_t seq = last_.value + 1;
  std::optional<std::int64_t> source_kind;
  std::optional<std::string> source_id;
  if (write.source.has_value()) {
    KAP_TRY(source_kind,
            dictionary_.number(database_, Dictionary::Space::kRecordKind, write.source->kind));
    source_id = write.source->id.text();
  }
  std::optional<std::string> patient;
  if (write.patient.has_value()) patient = write.patient->text();
  auto sensitivity = write.sensitivity;
  if (deleted && previous.has_value()) {
    patient = previous->patient;
    sensitivity = previous->sensitivity;
  }

  KAP_CHECK_OK(database_
                   .prepared("INSERT INTO version (seq, deleted, type, clinic, sensitivity, "
                             "patient, last_updated, version, previous, id, source_kind, "
                             "source_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                   .with(seq, std::int64_t{deleted}, type, clinic, std::int64_t{sensitivity.bits()},
                         patient, std::int64_t{last_updated.time_since_epoch().count()},
                         std::int64_t{version},
                         previous.has_value() ? std::optional(previous->seq.value) : std::nullopt,
                         write.id.text(), source_kind, source_id)
                   .run());
  std::string entries;
  std::optional<Blob> body;
  if (!deleted) {
    body_.clear();
    append_stored_body(write.body, write.meta_offset, version, last_updated, body_);
    body = Blob{body_};
    entries = encode_entries(write.index);
    add_terms(terms_, static_cast<TypeNumber>(type), patient, write.index, seq);
  }
  KAP_CHECK_OK(
      database_
          .prepared(
              "INSERT INTO content (seq, entries, codec, key_id, body) VALUES (?, ?, 0, 0, ?)")
          .with(seq, Blob{entries}, body)
          .run());
  if (previous.has_value()) {
    KAP_CHECK_OK(database_.prepared("UPDATE version SET replaced_by = ? WHERE seq = ?")
                     .with(seq, previous->seq.value)
                     .run());
    KAP_CHECK_OK(database_.prepared("UPDATE resource SET current = ? WHERE type = ? AND id = ?")
                     .with(seq, type, write.id.text())
                     .run());
  } else {
    KAP_CHECK_OK(database_.prepared("INSERT INTO resource (type, id, current) VALUES (?, ?, ?)")
                     .with(type, write.id.text(), seq)
                     .run());
  }
  last_.value = seq;
  last_updated_ = last_updated;
  return WrittenResource{.type = write.type, .id = write.id, .version = version};
}

Status VersionWriter::flush() {
  auto& insert = database_.prepared("INSERT INTO posting (term, first, more) VALUES (?, ?, ?)");
  return terms_.drain([&](std::string_view term, std::span<const std::int64_t> seqs) {
    const auto more = encode_postings(seqs);
    return insert.with(Blob{term}, seqs.front(), Blob{more}).run();
  });
}

void VersionWriter::keep() {
  committed_ = last_;
  committed_last_updated_ = last_updated_;
}

void VersionWriter::forget() {
  terms_.clear();
  last_ = committed_;
  last_updated_ = committed_last_updated_;
}

}  // namespace kap::gateway::store::sqlite

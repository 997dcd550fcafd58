#include <chrono>
#include <memory>
#include <utility>

#include "gateway/store/sqlite/backend.h"

namespace kap::gateway::store::sqlite {
namespace {

std::int64_t to_milliseconds(Instant instant) { return instant.time_since_epoch().count(); }
Instant to_instant(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

#define KAP_EXPORT_COLUMNS                                                                    \
  "SELECT id, client, scopes, request, parameters, as_of, transaction_time, state, expires, " \
  "issues, failure FROM export_job "

ExportJob to_job(const Statement& row) {
  return {.id = std::string(row.bytes(0)),
          .client = ClientId(std::string(row.bytes(1))),
          .scopes = std::string(row.bytes(2)),
          .request = std::string(row.bytes(3)),
          .parameters = std::string(row.bytes(4)),
          .as_of = {row.integer(5)},
          .transaction_time = to_instant(row.integer(6)),
          .state = static_cast<ExportJob::State>(row.integer(7)),
          .expires = to_instant(row.integer(8)),
          .issues = std::string(row.bytes(9)),
          .failure = std::string(row.bytes(10))};
}

Result<std::vector<ExportPart>> read_parts(Database& database, std::string_view job) {
  auto& statement = database
                        .prepared(
                            "SELECT kind, type, after_seq, until_seq, resources FROM export_part "
                            "WHERE job = ? ORDER BY number")
                        .with(job);
  const ResetAtExit reset(statement);
  std::vector<ExportPart> parts;
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return parts;
    parts.push_back({.kind = static_cast<ExportPart::Kind>(statement.integer(0)),
                     .type = std::string(statement.bytes(1)),
                     .after = {statement.integer(2)},
                     .until = {statement.integer(3)},
                     .count = static_cast<std::uint64_t>(statement.integer(4))});
  }
}

Status forget_expired(Database& database, Instant now) {
  const auto time = to_milliseconds(now);
  KAP_CHECK_OK(database
                   .prepared("DELETE FROM export_part WHERE job IN (SELECT id FROM export_job "
                             "WHERE state <> 0 AND expires <= ?)")
                   .with(time)
                   .run());
  return database.prepared("DELETE FROM export_job WHERE state <> 0 AND expires <= ?")
      .with(time)
      .run();
}

Result<bool> has_room(Database& database, const ExportJob& job, std::size_t most_open) {
  auto& statement =
      database.prepared("SELECT count(*) FROM export_job WHERE client = ?").with(job.client.text());
  const ResetAtExit reset(statement);
  KAP_TRY([[maybe_unused]] const bool row, statement.step());
  return statement.integer(0) < static_cast<std::int64_t>(most_open);
}

Status insert(Database& database, const ExportJob& job) {
  return database
      .prepared(
          "INSERT INTO export_job (id, client, scopes, request, parameters, as_of, "
          "transaction_time, state, expires, issues, failure) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .with(job.id, job.client.text(), job.scopes, job.request, job.parameters, job.as_of.value,
            to_milliseconds(job.transaction_time), static_cast<std::int64_t>(job.state),
            to_milliseconds(job.expires), job.issues, job.failure)
      .run();
}

}  // namespace

Result<std::optional<ExportJob>> Backend::put_export_job(ExportJob job, Instant now,
                                                         std::size_t most_open) {
  auto kept = std::make_shared<std::optional<ExportJob>>();
  KAP_CHECK_OK(writer_->run_marked([job = std::move(job), now, most_open, kept](
                                       Database& database, const CommitMark& mark) -> Status {
    kept->reset();
    KAP_CHECK_OK(forget_expired(database, now));
    KAP_TRY(const bool is_admitted, has_room(database, job, most_open));
    if (!is_admitted) return {};
    ExportJob marked = job;
    marked.as_of = mark.seq;
    marked.transaction_time = mark.at;
    KAP_CHECK_OK(insert(database, marked));
    *kept = std::move(marked);
    return {};
  }));
  return std::move(*kept);
}

Result<CommitMark> Backend::mark() {
  auto kept = std::make_shared<CommitMark>();
  KAP_CHECK_OK(writer_->run_marked([kept](Database&, const CommitMark& mark) -> Status {
    *kept = mark;
    return {};
  }));
  return *kept;
}

Result<bool> Backend::finish_export_job(ExportJob job) {
  auto is_there = std::make_shared<bool>(false);
  KAP_CHECK_OK(
      writer_->run([job = std::move(job), is_there](Database& database, Dictionary&) -> Status {
        KAP_CHECK_OK(
            database
                .prepared("UPDATE export_job SET state = ?, expires = ?, issues = ?, failure = ? "
                          "WHERE id = ?")
                .with(static_cast<std::int64_t>(job.state), to_milliseconds(job.expires),
                      job.issues, job.failure, job.id)
                .run());
        *is_there = database.changed_rows() > 0;
        if (!*is_there) return {};
        KAP_CHECK_OK(database.prepared("DELETE FROM export_part WHERE job = ?").with(job.id).run());
        std::int64_t number = 0;
        for (const auto& part : job.parts) {
          KAP_CHECK_OK(database
                           .prepared("INSERT INTO export_part (job, number, kind, type, after_seq, "
                                     "until_seq, resources) VALUES (?, ?, ?, ?, ?, ?, ?)")
                           .with(job.id, number++, static_cast<std::int64_t>(part.kind), part.type,
                                 part.after.value, part.until.value,
                                 static_cast<std::int64_t>(part.count))
                           .run());
        }
        return {};
      }));
  return *is_there;
}

Result<std::optional<ExportJob>> Backend::export_job(std::string_view id) const {
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  std::optional<ExportJob> job;
  {
    auto& statement = (*reader).prepared(KAP_EXPORT_COLUMNS "WHERE id = ?").with(id);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (!row) return std::nullopt;
    job = to_job(statement);
  }
  KAP_TRY(job->parts, read_parts(*reader, id));
  return job;
}

Result<std::vector<ExportJob>> Backend::running_export_jobs() const {
  KAP_TRY(auto reader, point_readers_.lease());
  auto& statement = (*reader).prepared(KAP_EXPORT_COLUMNS "WHERE state = 0").with();
  const ResetAtExit reset(statement);
  std::vector<ExportJob> jobs;
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return jobs;
    jobs.push_back(to_job(statement));
  }
}

Result<bool> Backend::remove_export_job(std::string_view id) {
  auto is_there = std::make_shared<bool>(false);
  KAP_CHECK_OK(
      writer_->run([id = std::string(id), is_there](Database& database, Dictionary&) -> Status {
        KAP_CHECK_OK(database.prepared("DELETE FROM export_part WHERE job = ?").with(id).run());
        KAP_CHECK_OK(database.prepared("DELETE FROM export_job WHERE id = ?").with(id).run());
        *is_there = database.changed_rows() > 0;
        return {};
      }));
  return *is_there;
}

}  // namespace kap::gateway::store::sqlite

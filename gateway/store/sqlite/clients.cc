#include <chrono>
#include <memory>
#include <utility>

#include "gateway/store/sqlite/backend.h"

namespace kap::gateway::store::sqlite {
namespace {

/// Clinic ids hold no line feed: put_client refuses one that does.
std::string join_lines(const std::vector<ClinicId>& clinics) {
  std::string out;
  for (const auto& clinic : clinics) out.append(clinic.text()).append(1, '\n');
  return out;
}

std::vector<ClinicId> split_lines(std::string_view text) {
  std::vector<ClinicId> out;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out.emplace_back(std::string(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return out;
}

/// Columns: id, name, jwks, scopes, clinics, created, update_as_create.
RegisteredClient to_client(const Statement& row) {
  return {.id = ClientId(std::string(row.bytes(0))),
          .name = std::string(row.bytes(1)),
          .jwks = std::string(row.bytes(2)),
          .scopes = std::string(row.bytes(3)),
          .clinics = split_lines(row.bytes(4)),
          .id_assignment = row.integer(6) != 0 ? security::IdAssignment::kClient
                                               : security::IdAssignment::kServer,
          .created = Instant(std::chrono::milliseconds(row.integer(5)))};
}

}  // namespace

Status Backend::put_client(RegisteredClient client) {
  for (const auto& clinic : client.clinics) {
    if (clinic.text().find('\n') == std::string::npos) continue;
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "a clinic id of a client holds a line feed", "clinics");
  }
  return writer_->run([client = std::move(client)](Database& database, Dictionary&) -> Status {
    const auto clinics = join_lines(client.clinics);
    return database
        .prepared(
            "REPLACE INTO client (id, name, jwks, scopes, clinics, created, update_as_create) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)")
        .with(client.id.text(), client.name, client.jwks, client.scopes, clinics,
              std::int64_t{client.created.time_since_epoch().count()},
              std::int64_t{client.id_assignment == security::IdAssignment::kClient})
        .run();
  });
}

Result<std::optional<RegisteredClient>> Backend::client(const ClientId& id) const {
  KAP_TRY(auto reader, point_readers_.lease());
  auto& statement = (*reader).prepared(
      "SELECT id, name, jwks, scopes, clinics, created, update_as_create FROM client "
      "WHERE id = ?");
  statement.with(id.text());
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (!row) return std::nullopt;
  return to_client(statement);
}

Result<std::vector<RegisteredClient>> Backend::clients() const {
  KAP_TRY(auto reader, point_readers_.lease());
  std::vector<RegisteredClient> out;
  auto& statement =
      (*reader)
          .prepared(
              "SELECT id, name, jwks, scopes, clinics, created, update_as_create FROM client "
              "ORDER BY id")
          .with();
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return out;
    out.push_back(to_client(statement));
  }
}

Result<bool> Backend::remove_client(const ClientId& id) {
  auto removed = std::make_shared<bool>(false);
  KAP_CHECK_OK(writer_->run([id, removed](Database& database, Dictionary&) -> Status {
    KAP_CHECK_OK(database.prepared("DELETE FROM client WHERE id = ?").with(id.text()).run());
    *removed = database.changed_rows() > 0;
    return {};
  }));
  return *removed;
}

Result<bool> Backend::use_assertion(const ClientId& client, std::string_view jti, Instant expires,
                                    Instant now) {
  auto fresh = std::make_shared<bool>(false);
  KAP_CHECK_OK(writer_->run([client, jti = std::string(jti), expires, now, fresh](
                                Database& database, Dictionary&) -> Status {
    KAP_CHECK_OK(database.prepared("DELETE FROM assertion WHERE expires < ?")
                     .with(std::int64_t{now.time_since_epoch().count()})
                     .run());
    KAP_CHECK_OK(
        database.prepared("INSERT OR IGNORE INTO assertion (client, jti, expires) VALUES (?, ?, ?)")
            .with(client.text(), jti, std::int64_t{expires.time_since_epoch().count()})
            .run());
    *fresh = database.changed_rows() > 0;
    return {};
  }));
  return *fresh;
}

}  // namespace kap::gateway::store::sqlite

#include "gateway/store/sqlite/schema.h"

#include <array>
#include <string>
#include <string_view>

#include "fhir/base/embedded.h"

KAP_EMBEDDED_DECLARE(sqlite_0001_first);
KAP_EMBEDDED_DECLARE(sqlite_0002_update_as_create);
KAP_EMBEDDED_DECLARE(sqlite_0003_export);
KAP_EMBEDDED_DECLARE(sqlite_0004_history);

namespace kap::gateway::store::sqlite {
namespace {

/// A migration's place is its number less one; append, never change one that was released.
std::array<std::string_view, 4> migrations() {
  return {KAP_EMBEDDED(sqlite_0001_first), KAP_EMBEDDED(sqlite_0002_update_as_create),
          KAP_EMBEDDED(sqlite_0003_export), KAP_EMBEDDED(sqlite_0004_history)};
}

Result<std::int64_t> user_version(Database& database) {
  auto& statement = database.prepared("PRAGMA user_version");
  KAP_TRY([[maybe_unused]] const bool row, statement.step());
  const auto version = statement.integer(0);
  statement.reset();
  return version;
}

}  // namespace

Status prepare_schema(Database& database) {
  KAP_CHECK_OK(database.execute("PRAGMA journal_mode = WAL"));
  KAP_CHECK_OK(database.execute("PRAGMA synchronous = FULL"));
  const auto known = migrations();
  KAP_TRY(const auto applied, user_version(database));
  if (applied < 0 || applied > static_cast<std::int64_t>(known.size())) {
    return fail(Category::kInternal, IssueType::kException,
                "the database has schema version " + std::to_string(applied) +
                    ", this program knows versions up to " + std::to_string(known.size()));
  }
  for (auto next = static_cast<std::size_t>(applied); next < known.size(); ++next) {
    KAP_TRY(auto transaction, Transaction::begin(database, Transaction::Kind::kWrite));
    KAP_CHECK_OK(database.execute(std::string(known[next]).c_str()));
    const auto mark = "PRAGMA user_version = " + std::to_string(next + 1);
    KAP_CHECK_OK(database.execute(mark.c_str()));
    KAP_CHECK_OK(transaction.commit());
  }
  return {};
}

}  // namespace kap::gateway::store::sqlite

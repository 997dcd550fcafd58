#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/store/index/snapshot.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/sqlite/rows.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {

/// The connection's open read transaction, as of a place in the commit sequence. With `scopes`,
/// what is of a type that none of them lets read or search is not visible.
class SqliteSnapshot final : public Snapshot {
 public:
  SqliteSnapshot(Database& database, const Dictionary& dictionary, const Visibility& visibility,
                 Sequence as_of, const security::Permit* scopes = nullptr)
      : database_(database),
        dictionary_(dictionary),
        visibility_(visibility),
        as_of_(as_of),
        scopes_(scopes) {}

  [[nodiscard]] std::optional<TypeNumber> type_number(std::string_view type) const override;
  [[nodiscard]] std::string type_name(TypeNumber type) const override;
  [[nodiscard]] std::optional<std::string> compartment() const override {
    return visibility_.patient();
  }
  [[nodiscard]] Status scan(const TermRange& range, const Visit& visit) override;
  [[nodiscard]] Result<SeqSet> carriers(std::string_view term, std::int64_t after,
                                        std::size_t count) override;
  [[nodiscard]] Result<SeqSet> carriers_before(std::string_view term, std::int64_t before,
                                               std::size_t count) override;
  [[nodiscard]] Result<std::optional<std::string>> next_term(const TermRange& range,
                                                             Direction direction) override;
  [[nodiscard]] Result<std::vector<IdRow>> ids(TypeNumber type, std::string_view id,
                                               Direction direction, std::size_t count) override;
  [[nodiscard]] Result<std::optional<VersionFacts>> visible(std::int64_t seq) override;
  [[nodiscard]] Result<std::int64_t> first_since(Instant time) override;
  [[nodiscard]] Result<VersionFacts> facts(std::int64_t seq) override;
  [[nodiscard]] Result<std::optional<std::int64_t>> find(TypeNumber type,
                                                         std::string_view id) override;
  [[nodiscard]] Result<std::vector<fhir::search::IndexEntry>> entries(std::int64_t seq) override;
  [[nodiscard]] Result<std::string> body(std::int64_t seq) override;

  [[nodiscard]] Result<StoredResource> resource(std::int64_t seq);
  [[nodiscard]] Database& database() { return database_; }

 private:
  [[nodiscard]] bool shows(TypeNumber type);

  Database& database_;
  const Dictionary& dictionary_;
  const Visibility& visibility_;
  Sequence as_of_;
  const security::Permit* scopes_;
  std::map<TypeNumber, bool> shown_types_;
};

}  // namespace kap::gateway::store::sqlite

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/sqlite/record_book.h"
#include "gateway/store/sqlite/version_writer.h"
#include "gateway/store/write.h"

namespace kap::gateway::store::sqlite {

/// What is wrong with a unit whatever the store holds; a broken promise of the caller's.
[[nodiscard]] Status check_unit(const WriteUnit& unit);
/// About how many bytes the unit holds on to.
[[nodiscard]] std::size_t size_of(const WriteUnit& unit);

/// Applies units inside the writer's transaction. Every check of a unit comes before its first
/// write, so that a refused unit leaves nothing behind and needs no savepoint.
class UnitWriter {
 public:
  UnitWriter(Database& database, Dictionary& dictionary, const Clock& clock)
      : database_(database),
        dictionary_(dictionary),
        clock_(clock),
        versions_(database, dictionary),
        records_(database, dictionary) {}

  [[nodiscard]] Status load() { return versions_.load(); }
  [[nodiscard]] Sequence last() const { return versions_.last(); }
  /// An error is the database's: the transaction is lost.
  [[nodiscard]] Result<WriteOutcome> apply(const WriteUnit& unit);
  [[nodiscard]] Result<CommitMark> mark() { return versions_.mark(clock_.now()); }
  /// Before the commit.
  [[nodiscard]] Status flush() { return versions_.flush(); }
  void keep();
  void forget();

 private:
  using Current = VersionWriter::Current;
  struct Target {
    std::int64_t type = 0;
    std::optional<Current> current;
  };

  /// An outcome that ends the unit before its record is applied; nothing: go on.
  [[nodiscard]] Result<std::optional<WriteOutcome>> judge_record(
      const RecordWrite& write, const std::optional<RecordBook::Record>& record,
      const std::optional<RecordBook::Seen>& seen);
  [[nodiscard]] Result<bool> as_expected(const std::vector<ExpectedRecord>& expected);
  [[nodiscard]] Result<bool> as_expected(const std::vector<ExpectedVersion>& expected);
  /// An outcome that ends the unit; nothing: every match is the one expected.
  [[nodiscard]] Result<std::optional<WriteOutcome>> judge_matches(
      const std::vector<ExpectedMatch>& expected);
  [[nodiscard]] Result<WriteOutcome> write(const WriteUnit& unit,
                                           const std::optional<RecordBook::Record>& record,
                                           const std::optional<RecordBook::Seen>& seen);
  [[nodiscard]] Status write_audit(const std::vector<AuditRow>& rows);
  [[nodiscard]] Result<std::vector<WrittenResource>> receipt(const RecordBook::Seen& seen);

  Database& database_;
  Dictionary& dictionary_;
  const Clock& clock_;
  VersionWriter versions_;
  RecordBook records_;
};

/// The resources written from `first_seq` on, in order.
[[nodiscard]] Result<std::vector<WrittenResource>> read_receipt(Database& database,
                                                                const Dictionary& dictionary,
                                                                std::int64_t first_seq,
                                                                std::int64_t resources);

}  // namespace kap::gateway::store::sqlite

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/store/record.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/write.h"

namespace kap::gateway::store::sqlite {

/// The bookkeeping of clinic records: which revisions were seen, what they yielded, what waits.
/// All of it inside the writer's transaction.
class RecordBook {
 public:
  RecordBook(Database& database, Dictionary& dictionary)
      : database_(database), dictionary_(dictionary) {}

  struct Record {
    std::int64_t number = 0;
    Revision seen = 0;
    std::optional<Revision> applied;
  };
  struct Seen {
    std::int64_t number = 0;
    RevisionStatus status = RevisionStatus::kApplied;
    BodyHash body_hash{};
    std::optional<std::int64_t> first_seq;
    std::int64_t resources = 0;
  };

  [[nodiscard]] Result<std::optional<Record>> find(const RecordKey& key);
  [[nodiscard]] Result<std::optional<Seen>> find_revision(std::int64_t record, Revision revision);
  /// Those of the records that no revision was applied of.
  [[nodiscard]] Result<std::vector<RequiredRecord>> missing(
      const ClinicId& clinic, const std::vector<RequiredRecord>& required);

  [[nodiscard]] Status park(const RecordWrite& write, const std::optional<Record>& record,
                            const std::optional<Seen>& seen,
                            const std::vector<RequiredRecord>& missing, Instant received);
  /// Marks the revision applied with the versions from `first_seq` on as its receipt, earlier
  /// parked revisions superseded, and answers what no longer waits for anything.
  [[nodiscard]] Result<std::vector<RecordRevision>> apply(const RecordWrite& write,
                                                          const std::optional<Record>& record,
                                                          const std::optional<Seen>& seen,
                                                          std::int64_t first_seq,
                                                          std::int64_t resources, Instant received);

 private:
  [[nodiscard]] Result<std::int64_t> keep_record(const RecordWrite& write,
                                                 const std::optional<Record>& record,
                                                 RevisionStatus status);
  [[nodiscard]] Result<std::int64_t> keep_revision(const RecordWrite& write, std::int64_t record,
                                                   const std::optional<Seen>& seen,
                                                   RevisionStatus status, std::int64_t first_seq,
                                                   std::int64_t resources, Instant received);
  [[nodiscard]] Result<std::vector<RecordRevision>> release(const RecordKey& key);

  Database& database_;
  Dictionary& dictionary_;
};

/// The record that a row `clinic, kind, id` of numbers names.
[[nodiscard]] RecordKey to_record_key(const Dictionary& dictionary, std::int64_t clinic,
                                      std::int64_t kind, std::string_view id);
[[nodiscard]] BodyHash to_body_hash(std::string_view bytes);

}  // namespace kap::gateway::store::sqlite

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/store/index/term_batch.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/write.h"

namespace kap::gateway::store::sqlite {

/// Appends versions of resources. Their terms are gathered and written by flush(), before the
/// commit.
class VersionWriter {
 public:
  VersionWriter(Database& database, Dictionary& dictionary)
      : database_(database), dictionary_(dictionary) {}

  /// Reads where the sequence stands.
  [[nodiscard]] Status load();

  struct Current {
    Sequence seq;
    Version version = 0;
    bool deleted = false;
    std::int64_t clinic = 0;
    std::optional<std::string> patient{};
    security::Sensitivity sensitivity{};
  };
  [[nodiscard]] Result<std::optional<Current>> current(std::int64_t type, const ResourceId& id);

  /// The next version after `previous`; the write's precondition holds. A tombstone is seen by
  /// those who saw what was deleted: it takes its compartment and labels from `previous`.
  [[nodiscard]] Result<WrittenResource> append(const ResourceWrite& write, std::int64_t type,
                                               std::int64_t clinic,
                                               const std::optional<Current>& previous,
                                               Instant last_updated);
  [[nodiscard]] Status flush();

  [[nodiscard]] Sequence last() const { return last_; }
  /// What is written next is last updated then or later.
  [[nodiscard]] Instant last_updated() const { return last_updated_; }
  [[nodiscard]] Result<CommitMark> mark(Instant now);
  /// Tells the end of the transaction.
  void keep();
  void forget();

 private:
  Database& database_;
  Dictionary& dictionary_;
  TermBatch terms_;
  std::string body_;
  Sequence last_;
  Instant last_updated_;
  Sequence committed_;
  Instant committed_last_updated_;
};

}  // namespace kap::gateway::store::sqlite

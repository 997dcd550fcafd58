#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/index/evaluation.h"
#include "gateway/store/scan.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/sqlite/reader_pool.h"
#include "gateway/store/sqlite/rows.h"
#include "gateway/store/sqlite/snapshot.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {

/// The columns that decide whether a version is shown, as they lie in the database.
struct RowView {
  std::optional<std::int64_t> replaced_by;
  bool deleted = false;
  std::int64_t type = 0;
  std::int64_t clinic = 0;
  security::Sensitivity sensitivity;
  std::string_view patient;  // empty: no compartment
  std::string_view id;
};

/// Keeps the numbers of the candidates and reads their rows a few thousand at a time.
class SqliteScan final : public Scan {
 public:
  SqliteScan(ReaderPool& readers, const Dictionary& dictionary, ScanQuery query);

  Result<Progress> step(Bodies bodies, const Visit& visit) override;

 private:
  [[nodiscard]] Status plan(SqliteSnapshot& snapshot);
  [[nodiscard]] Result<SeqSet> matching(SqliteSnapshot& snapshot);
  [[nodiscard]] Result<SeqSet> deleted(Database& database);
  [[nodiscard]] Result<SeqSet> postings(SqliteSnapshot& snapshot, std::string term);
  /// Whether one of the queries accepts the version.
  [[nodiscard]] Result<bool> accepts(Evaluation& evaluation, std::int64_t seq);
  /// False: enough.
  [[nodiscard]] Result<bool> visit_one(Database& database, Evaluation& evaluation, std::int64_t seq,
                                       Bodies bodies, const Visit& visit);
  [[nodiscard]] Result<bool> is_shown(Database& database, const RowView& row) const;

  ReaderPool& readers_;
  const Dictionary& dictionary_;
  ScanQuery query_;
  Visibility visibility_;
  std::vector<std::string> patients_;  // in order

  bool is_planned_ = false;
  SeqSet candidates_;
  std::vector<Evaluation::Plan> plans_;
  std::size_t next_ = 0;
};

}  // namespace kap::gateway::store::sqlite

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/store/sqlite/database.h"

namespace kap::gateway::store::sqlite {

/// The places in the commit sequence of some versions, newest first.
class VersionWalk {
 public:
  virtual ~VersionWalk() = default;
  /// Nothing: that was the last one.
  [[nodiscard]] virtual Result<std::optional<std::int64_t>> next() = 0;
};

/// The versions of one resource from `seq` backwards.
class ResourceWalk final : public VersionWalk {
 public:
  ResourceWalk(Database& database, std::optional<std::int64_t> seq)
      : database_(database), next_(seq) {}
  [[nodiscard]] Result<std::optional<std::int64_t>> next() override;

 private:
  Database& database_;
  std::optional<std::int64_t> next_;
};

/// The versions of some clinics and types in [first, end): one lane for each pair, merged.
class TypeWalk final : public VersionWalk {
 public:
  TypeWalk(Database& database, const std::vector<std::int64_t>& clinics,
           const std::vector<std::int64_t>& types, std::int64_t first, std::int64_t end);
  [[nodiscard]] Result<std::optional<std::int64_t>> next() override;

 private:
  struct Lane {
    std::int64_t clinic = 0;
    std::int64_t type = 0;
    std::int64_t end = 0;    // what lies below is not read yet
    std::int64_t chunk = 0;  // rows to read next
    std::deque<std::int64_t> ahead{};
  };
  [[nodiscard]] Status fill(Lane& lane);

  Database& database_;
  std::int64_t first_;
  std::vector<Lane> lanes_;
};

/// The first place whose version was written at `milliseconds` or later; one past the last place
/// when there is none. Times never go down along the sequence.
[[nodiscard]] Result<std::int64_t> first_written_since(Database& database,
                                                       std::int64_t milliseconds);

}  // namespace kap::gateway::store::sqlite

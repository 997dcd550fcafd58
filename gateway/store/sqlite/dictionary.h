#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/store/sqlite/database.h"

namespace kap::gateway::store::sqlite {

/// Names that rows repeat, as small numbers. Readers share it with the one writer, which adds.
class Dictionary {
 public:
  enum class Space : std::uint8_t { kClinic, kType, kRecordKind };

  [[nodiscard]] Status load(Database& database);
  [[nodiscard]] std::optional<std::int64_t> find(Space space, std::string_view name) const;
  [[nodiscard]] std::string name(Space space, std::int64_t number) const;
  [[nodiscard]] std::vector<std::int64_t> numbers(Space space) const;

  /// The name's number, given to it now if it has none. Only inside the writer's transaction,
  /// whose end is then told by keep() or forget().
  [[nodiscard]] Result<std::int64_t> number(Database& database, Space space, std::string_view name);
  void keep() { added_.clear(); }
  void forget();

 private:
  struct Names {
    std::map<std::string, std::int64_t, std::less<>> numbers;
    std::map<std::int64_t, std::string> names;
  };

  mutable std::shared_mutex mutex_;
  std::array<Names, 3> spaces_;
  std::vector<std::pair<Space, std::int64_t>> added_;  // in the open transaction
};

}  // namespace kap::gateway::store::sqlite

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/search/index_entry.h"
#include "gateway/store/index/seq_set.h"
#include "gateway/store/index/terms.h"

namespace kap::gateway::store {

struct VersionFacts {
  std::int64_t seq = 0;
  TypeNumber type = 0;
  std::string id{};
  Instant last_updated{};
};

/// What a backend gives to the evaluation of a search: its index and versions, as of one place in
/// the commit sequence and under the predicates of one Permit. Used by one thread.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  /// Nothing: the store holds no resource of that type.
  [[nodiscard]] virtual std::optional<TypeNumber> type_number(std::string_view type) const = 0;
  [[nodiscard]] virtual std::string type_name(TypeNumber type) const = 0;
  /// The only compartment that can be visible, where the predicates name one.
  [[nodiscard]] virtual std::optional<std::string> compartment() const = 0;

  /// Calls `visit` with each posting row of the range in the order of terms, until it says stop.
  enum class Next : std::uint8_t { kGoOn, kStop };
  using Visit =
      std::function<Result<Next>(std::string_view term, std::int64_t first, std::string_view more)>;
  [[nodiscard]] virtual Status scan(const TermRange& range, const Visit& visit) = 0;
  /// Versions that carry exactly this term, ascending, from the first after `after` on: about
  /// `count` of them, fewer only when there are no more.
  [[nodiscard]] virtual Result<SeqSet> carriers(std::string_view term, std::int64_t after,
                                                std::size_t count) = 0;
  /// The same downwards from the last before `before`, in descending order.
  [[nodiscard]] virtual Result<SeqSet> carriers_before(std::string_view term, std::int64_t before,
                                                       std::size_t count) = 0;
  /// The first term of the range (kBackward: the last); nothing: the range is empty.
  enum class Direction : std::uint8_t { kForward, kBackward };
  [[nodiscard]] virtual Result<std::optional<std::string>> next_term(const TermRange& range,
                                                                     Direction direction) = 0;
  /// Versions as of the snapshot's place of resources of a type, in the order of their ids, from
  /// `id` on; empty `id`: from the beginning.
  struct IdRow {
    std::string id;
    std::optional<std::int64_t> seq;
  };
  [[nodiscard]] virtual Result<std::vector<IdRow>> ids(TypeNumber type, std::string_view id,
                                                       Direction direction, std::size_t count) = 0;

  /// Nothing unless the version is valid as of the snapshot's place, no tombstone, and visible.
  [[nodiscard]] virtual Result<std::optional<VersionFacts>> visible(std::int64_t seq) = 0;
  /// The first version that was written at that time or later, one past the snapshot's place where
  /// there is none: `_lastUpdated` never falls along the commit sequence.
  [[nodiscard]] virtual Result<std::int64_t> first_since(Instant time) = 0;
  /// The version's facts, visible or not.
  [[nodiscard]] virtual Result<VersionFacts> facts(std::int64_t seq) = 0;
  /// The version of the resource as of the snapshot's place, visible or not.
  [[nodiscard]] virtual Result<std::optional<std::int64_t>> find(TypeNumber type,
                                                                 std::string_view id) = 0;
  [[nodiscard]] virtual Result<std::vector<fhir::search::IndexEntry>> entries(std::int64_t seq) = 0;
  [[nodiscard]] virtual Result<std::string> body(std::int64_t seq) = 0;
};

}  // namespace kap::gateway::store

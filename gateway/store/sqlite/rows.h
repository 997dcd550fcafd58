#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "gateway/security/permit/sensitivity.h"
#include "gateway/store/resource.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"

namespace kap::gateway::store::sqlite {

/// The columns of a version that decide who sees it and when.
struct VersionRow {
  std::int64_t seq = 0;
  std::optional<std::int64_t> replaced_by;
  bool deleted = false;
  std::int64_t type = 0;
  std::int64_t clinic = 0;
  security::Sensitivity sensitivity;
  std::string patient;  // empty: no compartment
  std::int64_t last_updated = 0;
  Version version = 0;
  std::optional<std::int64_t> previous;
  std::string id;
  std::optional<RecordName> source;
};

[[nodiscard]] Result<std::optional<VersionRow>> find_version(Database& database,
                                                             const Dictionary& dictionary,
                                                             std::int64_t seq);
/// The current version's seq, that of a tombstone included.
[[nodiscard]] Result<std::optional<std::int64_t>> find_current(Database& database,
                                                               std::int64_t type,
                                                               std::string_view id);
/// The current version and, unless it is a tombstone, its body; one statement, so that it needs no
/// transaction to be consistent.
struct CurrentRow {
  VersionRow version;
  std::string body;
};
[[nodiscard]] Result<std::optional<CurrentRow>> read_current(Database& database,
                                                             const Dictionary& dictionary,
                                                             std::int64_t type,
                                                             std::string_view id);
/// The version with the body that was read with it.
[[nodiscard]] StoredResource to_resource(const Dictionary& dictionary, const VersionRow& row,
                                         std::string body);
/// The version and its body.
[[nodiscard]] Result<StoredResource> to_resource(Database& database, const Dictionary& dictionary,
                                                 const VersionRow& row);
/// The body of a row whose columns from `column` on are codec, key_id and body; valid until the
/// next step.
[[nodiscard]] Result<std::string_view> body_view(const Statement& row, int column);
/// At most `count` versions behind `after`, in order.
[[nodiscard]] Status read_versions(Database& database, const Dictionary& dictionary, Sequence after,
                                   std::size_t count, const std::function<void(VersionRow)>& use);
/// The highest place in the commit sequence that the connection's snapshot holds.
[[nodiscard]] Result<Sequence> last_sequence(Database& database);

}  // namespace kap::gateway::store::sqlite

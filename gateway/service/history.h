#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

struct HistoryRequest {
  std::string type{};              // empty: the history of the system
  std::optional<ResourceId> id{};  // with a type: of one resource
  /// `_count`, `_since`, `_at`, `_sort` and `_cursor`, percent-decoded. `_format` and `_pretty` are
  /// skipped; what else there is is refused, since a history has no place to say what it ignored.
  std::vector<std::pair<std::string, std::string>> parameters{};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// One version, or one deletion with an empty body.
struct HistoryVersion {
  Resource resource;
  enum class Change : std::uint8_t { kCreated, kUpdated, kDeleted } change = Change::kUpdated;
};

struct HistoryPage {
  /// Of all pages; absent where more than limits::kHistoryCounted versions would have to be looked
  /// at, unless `_count=0` asked for nothing else.
  std::optional<std::uint64_t> total;
  std::vector<HistoryVersion> versions;  // newest first
  std::string self_url;
  std::string next_url;     // empty on the last page
  std::string next_cursor;  // what next_url carries
};

/// One page, as of the place in the commit sequence where its first page stood. Of one resource:
/// errors as of read(), but a deleted one has a history. The system's lists the types that a scope
/// lets the caller search. kInvalidRequest for a malformed or unknown parameter.
[[nodiscard]] Result<HistoryPage> history(const security::Permit& permit, const Reader& reader,
                                          const HistoryRequest& request);

/// The Bundle of type `history`, spliced from the stored bytes.
[[nodiscard]] std::string encode_history(const HistoryPage& page, const Reader& reader);

}  // namespace kap::gateway::service

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"
#include "gateway/store/resource.h"

namespace kap::gateway::service {

/// Where a change feed begins, when it does not go on behind a token.
enum class WatchStart : std::uint8_t { kNow, kBeginning };

/// The place behind which the feed begins. kInvalidRequest for a token that is not ours.
[[nodiscard]] Result<store::Sequence> begin_watch(const Reader& reader, WatchStart start,
                                                  std::string_view token);

/// What goes on behind `place`.
[[nodiscard]] std::string encode_watch_token(const Reader& reader, store::Sequence place);

/// The refusals of read_changes() that come from the types.
[[nodiscard]] Status check_watch(const security::Permit& permit,
                                 const std::vector<std::string>& types);

struct Change {
  Resource resource;  // without JSON where it was deleted
  bool deleted = false;
  std::string token;  // goes on behind this change
};

struct Changes {
  std::vector<Change> changes;
  store::Sequence next;  // everything up to here was looked at
  bool is_last = false;  // there was nothing behind it
};

/// What was committed behind `after`, in that order, as far as the permit shows it and lets its
/// holder find and read the type; of these types alone where some are named. kNotFound for an
/// unknown type, kForbidden for one that the permit does not cover, or where it covers none.
[[nodiscard]] Result<Changes> read_changes(const security::Permit& permit, const Reader& reader,
                                           const std::vector<std::string>& types,
                                           store::Sequence after);

}  // namespace kap::gateway::service

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "gateway/store/resource.h"

namespace kap::gateway::store {

/// Where a page ended: the place in the commit sequence that the whole search reads as of, and the
/// last row given. What that row sorts by is read again from the row, so that no link carries it.
struct Cursor {
  Sequence as_of;
  Sequence last;
};

/// Base64url. `secret` is the database's own; `search` identifies the search, so that a cursor
/// works for no other.
[[nodiscard]] std::string encode_cursor(const Cursor& cursor, std::string_view search,
                                        std::string_view secret);
/// kInvalidRequest/kValue when it was not made by encode_cursor for this search and secret.
[[nodiscard]] Result<Cursor> parse_cursor(std::string_view text, std::string_view search,
                                          std::string_view secret);

}  // namespace kap::gateway::store

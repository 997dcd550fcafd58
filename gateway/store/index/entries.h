#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/search/index_entry.h"

namespace kap::gateway::store {

/// A version's index entries as bytes, those of composite parameters left out.
[[nodiscard]] std::string encode_entries(std::span<const fhir::search::IndexEntry> entries);
/// Nothing when the bytes are not of that form.
[[nodiscard]] std::optional<std::vector<fhir::search::IndexEntry>> decode_entries(
    std::string_view bytes);

/// What an entry sorts by, as bytes whose order is the order of the values; a reference sorts by
/// its text, a period by its beginning (ascending) or its end (descending).
enum class SortEnd : std::uint8_t { kLow, kHigh };
/// Not what only stands beside a parameter's values, such as the text of a token.
[[nodiscard]] bool is_sortable(const fhir::search::EntryValue& value);
[[nodiscard]] std::string sort_bytes(const fhir::search::EntryValue& value, SortEnd end);

}  // namespace kap::gateway::store

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kap::gateway::store {

/// The versions after the first of an ascending, non-empty list, as LEB128 differences.
[[nodiscard]] std::string encode_postings(std::span<const std::int64_t> seqs);
/// Appends `first` and what follows it. False when the bytes are not such a list.
[[nodiscard]] bool decode_postings(std::int64_t first, std::string_view more,
                                   std::vector<std::int64_t>& out);

void append_varint(std::string& out, std::uint64_t value);
/// Takes one number off the front of `bytes`; false when there is none.
[[nodiscard]] bool take_varint(std::string_view& bytes, std::uint64_t& value);

}  // namespace kap::gateway::store

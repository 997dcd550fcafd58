#include "gateway/store/index/postings.h"

namespace kap::gateway::store {

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::string encode_postings(std::span<const std::int64_t> seqs) {
  std::string out;
  for (std::size_t i = 1; i < seqs.size(); ++i) {
    append_varint(out, static_cast<std::uint64_t>(seqs[i] - seqs[i - 1]));
  }
  return out;
}

bool decode_postings(std::int64_t first, std::string_view more, std::vector<std::int64_t>& out) {
  out.push_back(first);
  while (!more.empty()) {
    std::uint64_t difference = 0;
    if (!take_varint(more, difference) || difference == 0) return false;
    first += static_cast<std::int64_t>(difference);
    out.push_back(first);
  }
  return true;
}

}  // namespace kap::gateway::store

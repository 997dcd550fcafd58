#include "gateway/store/index/term_batch.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace kap::gateway::store {
namespace {

constexpr std::size_t kRowSeqs = 1'024;  // of one row, so that none grows without bound

std::uint64_t prefix_of(std::string_view term) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, term.data(), std::min(term.size(), sizeof(prefix)));
  return std::byteswap(prefix);
}
static_assert(std::endian::native == std::endian::little);

}  // namespace

void TermBatch::add(std::string_view term, std::int64_t seq) {
  terms_.push_back({.prefix = prefix_of(term),
                    .seq = seq,
                    .offset = static_cast<std::uint32_t>(bytes_.size()),
                    .size = static_cast<std::uint32_t>(term.size())});
  bytes_.append(term);
}

Status TermBatch::drain(
    const std::function<Status(std::string_view, std::span<const std::int64_t>)>& write) {
  std::ranges::sort(terms_, [this](const Term& left, const Term& right) {
    if (left.prefix != right.prefix) return left.prefix < right.prefix;
    const int order = text(left).compare(text(right));
    return order != 0 ? order < 0 : left.seq < right.seq;
  });
  std::vector<std::int64_t> seqs;
  for (std::size_t i = 0; i < terms_.size();) {
    const auto term = text(terms_[i]);
    seqs.clear();
    for (; i < terms_.size() && text(terms_[i]) == term; ++i) {
      if (!seqs.empty() && seqs.back() == terms_[i].seq) continue;
      if (seqs.size() == kRowSeqs) break;
      seqs.push_back(terms_[i].seq);
    }
    KAP_CHECK_OK(write(term, seqs));
  }
  clear();
  return {};
}

void TermBatch::clear() {
  bytes_.clear();
  terms_.clear();
}

}  // namespace kap::gateway::store

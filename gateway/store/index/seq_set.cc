#include "gateway/store/index/seq_set.h"

#include <algorithm>
#include <iterator>

namespace kap::gateway::store {

void normalize(SeqSet& set) {
  if (!std::ranges::is_sorted(set)) std::ranges::sort(set);
  set.erase(std::unique(set.begin(), set.end()), set.end());
}

SeqSet intersection(const SeqSet& left, const SeqSet& right) {
  constexpr std::size_t kMuchLarger = 32;
  const auto& small = left.size() < right.size() ? left : right;
  const auto& large = left.size() < right.size() ? right : left;
  SeqSet out;
  if (small.size() * kMuchLarger < large.size()) {
    std::ranges::copy_if(small, std::back_inserter(out),
                         [&](std::int64_t seq) { return std::ranges::binary_search(large, seq); });
    return out;
  }
  std::ranges::set_intersection(small, large, std::back_inserter(out));
  return out;
}

SeqSet difference(const SeqSet& left, const SeqSet& right) {
  SeqSet out;
  std::ranges::set_difference(left, right, std::back_inserter(out));
  return out;
}

}  // namespace kap::gateway::store

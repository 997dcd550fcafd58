#pragma once

#include <cstdint>
#include <vector>

namespace kap::gateway::store {

/// Versions in ascending order, each once.
using SeqSet = std::vector<std::int64_t>;

void normalize(SeqSet& set);
[[nodiscard]] SeqSet intersection(const SeqSet& left, const SeqSet& right);
[[nodiscard]] SeqSet difference(const SeqSet& left, const SeqSet& right);

}  // namespace kap::gateway::store

#pragma once

#include "gateway/store/write.h"

namespace kap::gateway::store {

inline constexpr int kPatients = 50;  // that sessions go round

/// A treatment session's record that yields so many vital signs of about 1.4 KB, as the maps write
/// them.
[[nodiscard]] WriteUnit session_unit(int session, int resources);

}  // namespace kap::gateway::store

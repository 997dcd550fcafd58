#pragma once

#include <cstddef>

/// The bounds of batch, transaction and history; see limits.h. Apart from it, because few files
/// need them and nearly all include that one.
namespace kap::limits {

inline constexpr std::size_t kBundleEntries = 5'000;   // of one batch or transaction
inline constexpr std::size_t kHistoryCounted = 2'000;  // versions looked at for a total

}  // namespace kap::limits

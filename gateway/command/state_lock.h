#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "fhir/base/result.h"

namespace kap::gateway::command {

/// The key of the hash that makes FHIR ids, 32 random bytes. Made at the first start with mode 0600
/// and never again: without it the next revision of a record would become other resources. Refused:
/// a file of another size, or one that others may read.
[[nodiscard]] Result<std::vector<std::uint8_t>> load_or_create_id_key(
    const std::filesystem::path& file);

/// Holds the state directory for this process alone, until destroyed or the process ends.
class StateLock {
 public:
  [[nodiscard]] static Result<StateLock> acquire(const std::filesystem::path& state_dir);
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace kap::gateway::command

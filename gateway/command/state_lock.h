#pragma once

#include <filesystem>

#include "fhir/base/result.h"

namespace kap::gateway::command {

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

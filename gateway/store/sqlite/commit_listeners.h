#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "gateway/store/store.h"

namespace kap::gateway::store::sqlite {

/// Who wants to know that something was committed.
class CommitListeners : public std::enable_shared_from_this<CommitListeners> {
 public:
  /// Once the handle is gone, the listener is not called any more, and no call is under way.
  [[nodiscard]] std::shared_ptr<void> add(Store::Wake wake) {
    const std::lock_guard lock(mutex_);
    const auto number = next_++;
    listeners_.emplace(number, std::move(wake));
    return {nullptr, [self = shared_from_this(), number](void*) {
              const std::lock_guard lock_again(self->mutex_);
              self->listeners_.erase(number);
            }};
  }
  void tell(Sequence last) {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, wake] : listeners_) wake(last);
  }

 private:
  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Store::Wake> listeners_;
};

}  // namespace kap::gateway::store::sqlite

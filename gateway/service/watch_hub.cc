#include "gateway/service/watch_hub.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kap::gateway::service {

WatchHub::WatchHub(store::Store& store) : thread_([this] { run(); }) {
  listening_ = store.on_commit([this](store::Sequence last) {
    {
      const std::lock_guard lock(mutex_);
      last_ = std::max(last_, last);
    }
    changed_.notify_one();
  });
}

WatchHub::~WatchHub() {
  listening_.reset();
  stop();
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

WatchHub::Ticket WatchHub::wait(store::Sequence seen, std::chrono::milliseconds within, Wake wake) {
  Ticket ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    ticket = next_++;
    waiting_.emplace(ticket, Waiting{.seen = seen,
                                     .until = std::chrono::steady_clock::now() + within,
                                     .wake = std::move(wake)});
  }
  changed_.notify_one();
  return ticket;
}

bool WatchHub::forget(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  return waiting_.erase(ticket) > 0;
}

void WatchHub::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
}

bool WatchHub::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return is_stopped_;
}

bool WatchHub::is_due(const Waiting& waiting, Time now) const {
  return is_stopped_ || waiting.seen < last_ || waiting.until <= now;
}

void WatchHub::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::vector<Wake> due;
    auto next = Time::max();
    const auto now = std::chrono::steady_clock::now();
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      if (is_due(at->second, now)) {
        due.push_back(std::move(at->second.wake));
        at = waiting_.erase(at);
      } else {
        next = std::min(next, at->second.until);
        ++at;
      }
    }
    if (!due.empty()) {
      lock.unlock();
      for (const auto& wake : due) wake();
      lock.lock();
      continue;
    }
    if (has_ended_) return;
    if (next == Time::max())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, next);
  }
}

}  // namespace kap::gateway::service

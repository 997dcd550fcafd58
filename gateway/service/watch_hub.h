#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "gateway/store/store.h"

namespace kap::gateway::service {

/// Wakes those who wait for a commit. The writer's thread only leaves word here; one thread of the
/// hub calls.
class WatchHub {
 public:
  using Wake = std::function<void()>;
  using Ticket = std::uint64_t;

  /// `store` must outlive this.
  explicit WatchHub(store::Store& store);
  /// As stop().
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  /// Calls `wake` once: when something behind `seen` was committed, when `within` has passed, or
  /// when the hub stops. Never within this call. Hand over there, do not work.
  Ticket wait(store::Sequence seen, std::chrono::milliseconds within, Wake wake);
  /// True: it will not be called any more. False: it was called, or is being called.
  bool forget(Ticket ticket);
  /// Wakes all. Who waits from now on is woken at once.
  void stop();
  [[nodiscard]] bool is_stopped() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    store::Sequence seen;
    Time until;
    Wake wake;
  };
  void run();
  [[nodiscard]] bool is_due(const Waiting& waiting, Time now) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::Sequence last_;
  bool is_stopped_ = false;
  bool has_ended_ = false;
  Ticket next_ = 1;
  std::map<Ticket, Waiting> waiting_;
  std::shared_ptr<void> listening_;
  std::thread thread_;
};

}  // namespace kap::gateway::service

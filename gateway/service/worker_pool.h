#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kap::gateway::service {

/// Threads for the pure part of ingest. The queue itself is unbounded; what bounds it is that every
/// stream has a bounded number of records under way.
class WorkerPool {
 public:
  using Task = std::move_only_function<void()>;

  /// 0 threads means one a core.
  explicit WorkerPool(std::size_t threads = 0);
  /// Runs what was posted, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void post(Task task);
  /// Runs what was posted and waits for it. What is posted later is dropped.
  void drain();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool is_draining_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kap::gateway::service

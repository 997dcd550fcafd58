#include "gateway/service/worker_pool.h"

#include <algorithm>
#include <utility>

namespace kap::gateway::service {

WorkerPool::WorkerPool(std::size_t threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() { drain(); }

void WorkerPool::post(Task task) {
  const std::scoped_lock lock(mutex_);
  if (is_draining_) return;
  tasks_.push_back(std::move(task));
  // Under the lock: once it is released the task may run, and who waits for it may destroy this.
  changed_.notify_one();
}

void WorkerPool::drain() {
  {
    const std::scoped_lock lock(mutex_);
    is_draining_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_draining_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go of outside the lock
    lock.lock();
  }
}

}  // namespace kap::gateway::service

#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace kap::gateway::transport::http {

/// A fixed number of threads with a bounded queue, for handlers that may wait for the disk.
class WorkerPool {
 public:
  using Task = std::move_only_function<void()>;

  WorkerPool(std::size_t threads, std::size_t max_waiting);
  /// As stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Whether a full queue refuses. What continues something already begun is not refused: every
  /// connection has at most one such task, so that their number is bounded too.
  enum class Posting : std::uint8_t { kBegins, kContinues };

  /// False when the queue is full or the pool has stopped; the task is then dropped.
  [[nodiscard]] bool try_post(Task task, Posting posting = Posting::kBegins);
  /// Runs what is queued, then ends the threads.
  void stop();

 private:
  void work();

  std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  std::size_t idle_ = 0;
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

/// Runs `work` on the pool and resumes on the caller's thread; nullopt when the pool is full.
template <class Work>
boost::asio::awaitable<std::optional<std::invoke_result_t<Work&>>> run_pooled(
    WorkerPool& pool, Work& work, WorkerPool::Posting posting = WorkerPool::Posting::kBegins) {
  namespace asio = boost::asio;
  using Answer = std::optional<std::invoke_result_t<Work&>>;
  const asio::use_awaitable_t<> token;
  auto start = [&pool, &work, posting](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    auto finish = [executor, kept](Answer done) {
      asio::post(executor,
                 [kept, answer = std::move(done)]() mutable { (*kept)(std::move(answer)); });
    };
    const bool posted = pool.try_post([&work, finish] { finish(work()); }, posting);
    if (!posted) finish(std::nullopt);
  };
  using Signature = void(Answer);
  auto operation = asio::async_initiate<const asio::use_awaitable_t<>&, Signature>(start, token);
  auto answer = co_await std::move(operation);
  co_return answer;
}

}  // namespace kap::gateway::transport::http

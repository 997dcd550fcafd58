#include "gateway/store/sqlite/reader_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::chrono::seconds kLongestWait{5};

}  // namespace

Result<ReaderPool::Lease> ReaderPool::lease(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto until = std::min(deadline, std::chrono::steady_clock::now() + kLongestWait);
  if (!free_.wait_until(lock, until, [this] { return !idle_.empty() || opened_ < size_; })) {
    return fail(Category::kUnavailable, IssueType::kThrottled,
                "every reader of the store is busy; try again a little later");
  }
  if (!idle_.empty()) {
    auto database = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(database));
  }
  ++opened_;
  lock.unlock();
  auto database = Database::open(file_, Database::Access::kReadOnly);
  if (!database.has_value()) {
    lock.lock();
    --opened_;
    return std::unexpected(std::move(database).error());
  }
  return Lease(*this, std::move(*database));
}

void ReaderPool::give_back(std::unique_ptr<Database> database) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(database));
  }
  free_.notify_one();
}

}  // namespace kap::gateway::store::sqlite

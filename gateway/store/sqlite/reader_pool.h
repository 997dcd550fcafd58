#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/store/query.h"
#include "gateway/store/sqlite/database.h"

namespace kap::gateway::store::sqlite {

/// A bounded number of read-only connections, opened as they are needed.
class ReaderPool {
 public:
  ReaderPool(DatabaseFile file, std::size_t size) : file_(std::move(file)), size_(size) {}

  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<Database> database)
        : pool_(&pool), database_(std::move(database)) {}
    ~Lease() {
      if (database_ != nullptr) pool_->give_back(std::move(database_));
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    [[nodiscard]] Database& operator*() { return *database_; }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Database> database_;
  };

  /// Waits for a free connection until the deadline, at most a few seconds.
  [[nodiscard]] Result<Lease> lease(Deadline deadline = Deadline::max());

 private:
  void give_back(std::unique_ptr<Database> database);

  DatabaseFile file_;
  std::size_t size_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Database>> idle_;
  std::size_t opened_ = 0;
};

}  // namespace kap::gateway::store::sqlite

#include "gateway/store/store.h"

#include <utility>

namespace kap::gateway::store {

std::future<Result<WriteOutcome>> Store::submit(WriteUnit unit) {
  std::promise<Result<WriteOutcome>> promise;
  auto future = promise.get_future();
  submit(std::move(unit), [promise = std::move(promise)](Result<WriteOutcome> outcome) mutable {
    promise.set_value(std::move(outcome));
  });
  return future;
}

}  // namespace kap::gateway::store

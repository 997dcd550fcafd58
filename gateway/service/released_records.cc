#include "gateway/service/released_records.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "gateway/service/submit_stream.h"

namespace kap::gateway::service {
namespace {

constexpr std::size_t kUnderWay = 64;

/// Feeds a stream of its own, a bounded number at a time. The stream's sink keeps this alive, and
/// this keeps the stream until the last receipt.
class Released : public std::enable_shared_from_this<Released> {
 public:
  Released(Intake& intake, std::vector<store::RecordRevision> records)
      : intake_(intake), waiting_(records.begin(), records.end()) {}

  void start(const security::Permit& permit) {
    stream_ = SubmitStream::open(
        intake_, permit, [self = shared_from_this()](const Receipt&) { self->on_receipt(); });
    feed();
  }

 private:
  void on_receipt() {
    {
      const std::scoped_lock lock(mutex_);
      --under_way_;
    }
    feed();
  }

  void feed() {
    std::unique_lock lock(mutex_);
    while (under_way_ < kUnderWay && !waiting_.empty()) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      ++under_way_;
      const auto stream = stream_;
      lock.unlock();
      auto record = intake_.store.pending_record(next.key, next.revision);
      const bool is_waiting = record && *record;
      if (is_waiting) stream->submit(std::move((*record)->serialized));
      lock.lock();
      // One that is gone was applied by another stream, or will be found again at the next start.
      if (!is_waiting) --under_way_;
    }
    if (under_way_ == 0 && waiting_.empty()) stream_.reset();
  }

  Intake& intake_;
  std::mutex mutex_;
  std::deque<store::RecordRevision> waiting_;
  std::shared_ptr<SubmitStream> stream_;
  std::size_t under_way_ = 0;
};

}  // namespace

void apply_released(Intake& intake, const security::Permit& permit,
                    std::vector<store::RecordRevision> released) {
  if (released.empty()) return;
  std::make_shared<Released>(intake, std::move(released))->start(permit);
}

}  // namespace kap::gateway::service

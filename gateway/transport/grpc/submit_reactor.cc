#include "gateway/transport/grpc/submit_reactor.h"

#include <fmt/format.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "gateway/transport/grpc/receipts.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::size_t kRecordsUnderWay = 256;
constexpr std::size_t kBytesUnderWay = 8U << 20U;

std::string to_bytes(const ::grpc::ByteBuffer& buffer) {
  std::vector<::grpc::Slice> slices;
  std::string bytes;
  bytes.reserve(buffer.Length());
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

::grpc::ByteBuffer to_buffer(const clinic::v1::Receipt& receipt) {
  const ::grpc::Slice slice(receipt.SerializeAsString());
  return {&slice, 1};
}

}  // namespace

std::shared_ptr<SubmitReactor> SubmitReactor::start(service::Intake& intake,
                                                    security::Permit permit,
                                                    const ReceiptCounters& counters) {
  auto reactor = std::make_shared<SubmitReactor>();
  reactor->counters_ = &counters;
  reactor->self_ = reactor;
  reactor->stream_ = service::SubmitStream::open(
      intake, std::move(permit), [weak = std::weak_ptr(reactor)](const service::Receipt& receipt) {
        if (const auto self = weak.lock()) self->on_receipt(receipt);
      });
  reactor->pump();
  return reactor;
}

bool SubmitReactor::has_room() const {
  return under_way_ < kRecordsUnderWay && bytes_under_way_ < kBytesUnderWay;
}

bool SubmitReactor::is_over() const {
  if (is_cancelled_) return true;
  return (is_read_to_end_ || is_draining_) && under_way_ == 0;
}

SubmitReactor::Action SubmitReactor::choose() {
  if (is_finished_) return Action::kNone;
  if (!is_cancelled_ && !is_writing_ && !outgoing_.empty()) {
    is_writing_ = true;
    return Action::kWrite;
  }
  if (is_over()) {
    // Nothing may be started after Finish, by another thread neither.
    if (is_writing_ || starting_ > 0) return Action::kNone;
    is_finished_ = true;
    return Action::kFinish;
  }
  if (!is_reading_ && !is_read_to_end_ && !is_draining_ && has_room()) {
    is_reading_ = true;
    return Action::kRead;
  }
  return Action::kNone;
}

/// Does whatever the state asks for. gRPC may call back into this object from within a Start call,
/// so none is made under the lock.
void SubmitReactor::pump() {
  const auto keep_alive = shared_from_this();
  std::unique_lock lock(mutex_);
  while (true) {
    const auto action = choose();
    if (action == Action::kNone) return;
    ++starting_;
    const auto* message = action == Action::kWrite ? &outgoing_.front().message : nullptr;
    lock.unlock();
    if (action == Action::kRead) StartRead(&incoming_);
    if (action == Action::kWrite) StartWrite(message);
    if (action == Action::kFinish) {
      Finish(is_draining_ ? ::grpc::Status(::grpc::StatusCode::UNAVAILABLE,
                                           "the gateway is shutting down; send the rest again")
                          : ::grpc::Status::OK);
      return;
    }
    lock.lock();
    --starting_;
  }
}

void SubmitReactor::take(const ::grpc::ByteBuffer& message) {
  const auto size = message.Length();
  {
    const std::scoped_lock lock(mutex_);
    ++under_way_;
    bytes_under_way_ += size;
    record_bytes_.push_back(size);
  }
  if (size <= limits::kRecordBytes) {
    stream_->submit(to_bytes(message));
    return;
  }
  stream_->refuse(
      Outcome(Category::kTooLarge, IssueType::kTooLong,
              fmt::format("the record has {} bytes, the limit is {}", size, limits::kRecordBytes)));
}

void SubmitReactor::OnReadDone(bool ok) {
  if (ok) take(std::exchange(incoming_, {}));
  {
    const std::scoped_lock lock(mutex_);
    is_reading_ = false;
    if (!ok) is_read_to_end_ = true;
  }
  pump();
}

void SubmitReactor::on_receipt(const service::Receipt& receipt) {
  counters_->count(receipt);
  const auto message = to_buffer(to_message(receipt));
  {
    const std::scoped_lock lock(mutex_);
    outgoing_.push_back({message, record_bytes_.front()});
    record_bytes_.pop_front();
  }
  pump();
}

void SubmitReactor::OnWriteDone(bool ok) {
  {
    const std::scoped_lock lock(mutex_);
    is_writing_ = false;
    if (!ok) is_cancelled_ = true;
    --under_way_;
    bytes_under_way_ -= outgoing_.front().record_bytes;
    outgoing_.pop_front();
  }
  pump();
}

void SubmitReactor::OnCancel() {
  stream_->abandon();
  {
    const std::scoped_lock lock(mutex_);
    is_cancelled_ = true;
  }
  pump();
}

void SubmitReactor::drain() {
  {
    const std::scoped_lock lock(mutex_);
    is_draining_ = true;
  }
  pump();
}

void SubmitReactor::OnDone() {
  stream_->abandon();
  const auto last = std::move(self_);
}

}  // namespace kap::gateway::transport::grpc

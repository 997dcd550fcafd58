#include "gateway/transport/grpc/watch_reactor.h"

#include <algorithm>
#include <utility>

#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_messages.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr unsigned kDefaultHeartbeat = 30;
constexpr unsigned kLongestHeartbeat = 300;

service::WatchStart to_start(const fhir::v1::WatchRequest& request) {
  return request.start() == fhir::v1::WatchRequest::START_BEGINNING
             ? service::WatchStart::kBeginning
             : service::WatchStart::kNow;
}

std::chrono::milliseconds to_heartbeat(unsigned seconds) {
  if (seconds == 0) seconds = kDefaultHeartbeat;
  return std::chrono::seconds(std::min(seconds, kLongestHeartbeat));
}

}  // namespace

WatchReactor::WatchReactor(::grpc::CallbackServerContext& context, const WatchParts& parts,
                           const fhir::v1::WatchRequest& request)
    : context_(context),
      parts_(parts),
      types_(request.types().begin(), request.types().end()),
      start_(to_start(request)),
      token_(request.resume_token()),
      heartbeat_(to_heartbeat(request.heartbeat_seconds())) {
  post_step();
}

void WatchReactor::post_step() {
  parts_.pool.post([this] { step(); });
}

void WatchReactor::finish(const ::grpc::Status& status) { Finish(status); }

/// Exactly one of these is under way at any time: a step, a write, a wait; so that each member but
/// the ticket belongs to whoever is.
void WatchReactor::step() {
  if (context_.IsCancelled()) return finish(::grpc::Status::CANCELLED);
  if (parts_.hub.is_stopped())
    return finish({::grpc::StatusCode::UNAVAILABLE,
                   "the gateway is ending; watch again with the last resume_token"});
  if (!has_begun_) {
    const auto begun = begin();
    if (!begun) return finish(to_status(begun.error(), context_));
    has_begun_ = true;
    return send_heartbeat();
  }
  const auto status = read();
  if (!status) return finish(to_status(status.error(), context_));
  if (!page_.changes.empty()) return send_next();
  if (!page_.is_last) return post_step();  // others get their turn
  if (std::chrono::steady_clock::now() - silent_since_ >= heartbeat_) return send_heartbeat();
  wait();
}

Result<void> WatchReactor::begin() {
  KAP_TRY(page_.next, service::begin_watch(parts_.reader, start_, token_));
  // What is wrong with the types is said at once, not at the first change.
  KAP_TRY(const auto permit, authorize_token(parts_.authorizer, context_));
  return service::check_watch(permit, types_);
}

Result<void> WatchReactor::read() {
  KAP_TRY(const auto permit, authorize_token(parts_.authorizer, context_));
  KAP_TRY(page_, service::read_changes(permit, parts_.reader, types_, page_.next));
  sent_ = 0;
  return {};
}

void WatchReactor::send_next() {
  auto& change = page_.changes[sent_++];
  message_.Clear();
  message_.set_resume_token(std::move(change.token));
  message_.mutable_change()->set_deleted(change.deleted);
  fill(std::move(change.resource), *message_.mutable_change()->mutable_resource());
  silent_since_ = std::chrono::steady_clock::now();
  StartWrite(&message_);
}

void WatchReactor::send_heartbeat() {
  message_.Clear();
  message_.set_resume_token(service::encode_watch_token(parts_.reader, page_.next));
  silent_since_ = std::chrono::steady_clock::now();
  StartWrite(&message_);
}

void WatchReactor::OnWriteDone(bool ok) {
  if (!ok) return finish(::grpc::Status::CANCELLED);
  if (sent_ < page_.changes.size()) return send_next();
  page_.changes.clear();
  sent_ = 0;
  post_step();
}

void WatchReactor::wait() {
  const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - silent_since_);
  const auto left = std::max(heartbeat_ - silent, std::chrono::milliseconds(1));
  {
    const std::lock_guard lock(mutex_);
    ticket_ = parts_.hub.wait(page_.next, left, [this] {
      {
        const std::lock_guard taking(mutex_);
        ticket_ = 0;
      }
      post_step();
    });
    // A cancellation from before this found nothing to wake.
    if (!context_.IsCancelled() || !parts_.hub.forget(ticket_)) return;
    ticket_ = 0;
  }
  finish(::grpc::Status::CANCELLED);
}

void WatchReactor::OnCancel() {
  {
    const std::lock_guard lock(mutex_);
    if (ticket_ == 0 || !parts_.hub.forget(ticket_)) return;
    ticket_ = 0;
  }
  finish(::grpc::Status::CANCELLED);
}

}  // namespace kap::gateway::transport::grpc

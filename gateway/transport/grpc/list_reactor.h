#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/service/worker_pool.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {

/// A server stream that is made batch by batch: `next` runs on the pool and blocks there as long as
/// it likes; the next batch is asked for once the last one is sent. An empty batch is the end.
template <class Message>
class ListReactor final : public ::grpc::ServerWriteReactor<Message> {
 public:
  using Batch = std::vector<Message>;
  using Next = std::function<Result<Batch>()>;

  ListReactor(::grpc::CallbackServerContext& context, service::WorkerPool& pool, Next next)
      : context_(context), pool_(pool), next_(std::move(next)) {
    fetch();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      this->Finish(::grpc::Status::CANCELLED);
    } else if (++sent_ < batch_.size()) {
      this->StartWrite(&batch_[sent_]);
    } else {
      fetch();
    }
  }

  void OnDone() override { delete this; }

 private:
  void fetch() {
    pool_.post([this] {
      if (context_.IsCancelled()) return this->Finish(::grpc::Status::CANCELLED);
      auto batch = next_();
      if (!batch) return this->Finish(to_status(batch.error(), context_));
      batch_ = std::move(*batch);
      sent_ = 0;
      if (batch_.empty()) return this->Finish(::grpc::Status::OK);
      this->StartWrite(&batch_[0]);
    });
  }

  ::grpc::CallbackServerContext& context_;
  service::WorkerPool& pool_;
  Next next_;
  Batch batch_;
  std::size_t sent_ = 0;
};

/// Ends a server stream before it begins.
template <class Message>
[[nodiscard]] ::grpc::ServerWriteReactor<Message>* refuse_list(
    ::grpc::CallbackServerContext& context, const Outcome& outcome) {
  class Refusal final : public ::grpc::ServerWriteReactor<Message> {
   public:
    explicit Refusal(const ::grpc::Status& status) { this->Finish(status); }
    void OnDone() override { delete this; }
  };
  return new Refusal(to_status(outcome, context));
}

}  // namespace kap::gateway::transport::grpc

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/authorizer.h"
#include "gateway/service/resources.h"
#include "gateway/service/watch.h"
#include "gateway/service/watch_hub.h"
#include "gateway/service/worker_pool.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"

namespace kap::gateway::transport::grpc {

/// What change feeds stand on; all outlive the server.
struct WatchParts {
  const service::Reader& reader;
  security::Authorizer& authorizer;
  service::WorkerPool& pool;
  service::WatchHub& hub;
};

/// One change feed. It reads a page on the pool, sends it change by change, and reads the next;
/// where there is none it waits in the hub, holding nothing but its place. The token is looked at
/// again for every page.
class WatchReactor final : public ::grpc::ServerWriteReactor<fhir::v1::WatchResponse> {
 public:
  WatchReactor(::grpc::CallbackServerContext& context, const WatchParts& parts,
               const fhir::v1::WatchRequest& request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  void post_step();
  /// On the pool: sends what there is, or waits.
  void step();
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> read();
  void send_next();
  void send_heartbeat();
  void wait();
  void finish(const ::grpc::Status& status);

  ::grpc::CallbackServerContext& context_;
  WatchParts parts_;
  std::vector<std::string> types_;
  service::WatchStart start_;
  std::string token_;
  std::chrono::milliseconds heartbeat_;

  bool has_begun_ = false;
  service::Changes page_;  // `next`: where the feed stands
  std::size_t sent_ = 0;   // of the page
  fhir::v1::WatchResponse message_;
  std::chrono::steady_clock::time_point silent_since_;

  std::mutex mutex_;                      // of what follows
  service::WatchHub::Ticket ticket_ = 0;  // 0: does not wait
};

}  // namespace kap::gateway::transport::grpc

#pragma once

#include <grpcpp/grpcpp.h>

#include <type_traits>
#include <utility>

#include "fhir/base/result.h"
#include "gateway/security/authorizer.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/worker_pool.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {

/// Answers a unary call that may wait: authorizes its token here, runs `work` on the pool and ends
/// the call with what it returns. `work` fills the response, which outlives it.
template <class Work>
  requires std::is_invocable_r_v<Status, Work, const security::Permit&>
[[nodiscard]] ::grpc::ServerUnaryReactor* answer_on(service::WorkerPool& pool,
                                                    security::Authorizer& authorizer,
                                                    ::grpc::CallbackServerContext& context,
                                                    Work work) {
  auto* reactor = context.DefaultReactor();
  auto permit = authorize_token(authorizer, context);
  if (!permit) {
    reactor->Finish(to_status(permit.error(), context));
    return reactor;
  }
  pool.post([reactor, &context, work = std::move(work), permit = std::move(*permit)]() mutable {
    const Status done = work(permit);
    reactor->Finish(done ? ::grpc::Status::OK : to_status(done.error(), context));
  });
  return reactor;
}

}  // namespace kap::gateway::transport::grpc

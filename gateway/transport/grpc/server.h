#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "fhir/base/result.h"
#include "gateway/config/settings.h"
#include "gateway/observe/metrics.h"
#include "gateway/security/authorizer.h"
#include "gateway/service/operation.h"
#include "gateway/service/resources.h"
#include "gateway/service/submit_record.h"
#include "gateway/service/write_context.h"

namespace kap::gateway::transport::grpc {

/// What the services stand on; all outlive the server.
struct ServerParts {
  service::Intake& intake;
  const service::Reader& reader;
  const service::Writer& writer;
  security::Authorizer& authorizer;
  observe::Metrics& metrics;
  const service::OperationContext& operation_context;
  service::OperationTable operations;
};

/// The gRPC listener: TLS with a client certificate demanded from everyone, because gRPC 1.51 can
/// be made to spend memory without bound by a peer that resets streams, and only a certificate
/// keeps strangers from being that peer. Limits on memory, streams, metadata and messages from
/// settings.
class Server {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const config::GrpcSettings& settings,
                                                             const ServerParts& parts);
  virtual ~Server() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// Takes nothing new, answers what it has taken, and ends what is not done in time.
  virtual void drain(std::chrono::milliseconds within) = 0;
};

}  // namespace kap::gateway::transport::grpc

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "fhir/base/result.h"

namespace kap::gateway::transport::grpc {

/// Trailing metadata: the OperationOutcome in FHIR JSON.
inline constexpr char kOutcomeMetadata[] = "fhir-operation-outcome-bin";

/// The one place where an error becomes a gRPC status.
[[nodiscard]] ::grpc::StatusCode to_code(Category category);

/// The status, its message the diagnostics; adds the OperationOutcome to the trailing metadata.
[[nodiscard]] ::grpc::Status to_status(const Outcome& outcome,
                                       ::grpc::CallbackServerContext& context);

}  // namespace kap::gateway::transport::grpc

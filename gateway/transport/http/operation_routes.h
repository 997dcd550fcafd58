#pragma once

#include <chrono>

#include "gateway/service/operation.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// The rows of the operations: POST for each, GET too where the definition allows it. What runs
/// longer than `deadline` ends with kTimeout. `context` must outlive the rows.
[[nodiscard]] RouteTable operation_routes(const service::OperationContext& context,
                                          service::OperationTable operations,
                                          std::chrono::milliseconds deadline);

}  // namespace kap::gateway::transport::http

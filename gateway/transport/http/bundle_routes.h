#pragma once

#include <chrono>

#include "gateway/service/bundle_read.h"
#include "gateway/service/write_context.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// batch and transaction. `deadline` is for each search in a Bundle; `writer` and what `operations`
/// names must outlive the row.
[[nodiscard]] RouteTable bundle_routes(const service::Writer& writer,
                                       service::OperationsOfBundle operations,
                                       std::chrono::milliseconds deadline);

}  // namespace kap::gateway::transport::http

#pragma once

#include <chrono>

#include "gateway/service/resources.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// The histories of a resource, a type and the system. `deadline` is for one page; `reader` must
/// outlive the rows.
[[nodiscard]] RouteTable history_routes(const service::Reader& reader,
                                        std::chrono::milliseconds deadline);

}  // namespace kap::gateway::transport::http

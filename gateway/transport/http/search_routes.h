#pragma once

#include <chrono>

#include "gateway/service/resources.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// search_type by URL and by form. `deadline` is for one search; `reader` must outlive the rows.
[[nodiscard]] RouteTable search_routes(const service::Reader& reader,
                                       std::chrono::milliseconds deadline);

}  // namespace kap::gateway::transport::http

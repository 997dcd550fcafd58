#pragma once

#include "gateway/service/resources.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// read, vread and the history of an instance. `reader` must outlive the rows.
[[nodiscard]] RouteTable read_routes(const service::Reader& reader);

}  // namespace kap::gateway::transport::http

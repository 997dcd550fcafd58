#pragma once

#include "gateway/service/resources.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// read and vread. `reader` must outlive the rows.
[[nodiscard]] RouteTable read_routes(const service::Reader& reader);

}  // namespace kap::gateway::transport::http

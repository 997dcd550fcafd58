#pragma once

#include "gateway/service/write_context.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// create, update, patch and delete, each by id and by criteria. `writer` must outlive the rows.
[[nodiscard]] RouteTable write_routes(const service::Writer& writer);

}  // namespace kap::gateway::transport::http

#pragma once

#include <string>

#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// capabilities. `capability_statement` is JSON and must outlive the rows.
[[nodiscard]] RouteTable metadata_routes(const std::string& capability_statement);

}  // namespace kap::gateway::transport::http

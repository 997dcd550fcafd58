#pragma once

#include <functional>
#include <string>

#include "gateway/observe/metrics.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

struct AdminInteractions {
  const observe::Metrics& metrics;
  /// Empty when requests can be served, else why not. Holds no PHI.
  std::function<std::string()> unready;
};

/// /livez, /readyz and /metrics, for a plain listener on loopback. `interactions` must outlive the
/// rows.
[[nodiscard]] RouteTable admin_routes(const AdminInteractions& interactions);

}  // namespace kap::gateway::transport::http

#pragma once

#include <string>

#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// What `/metadata` answers, by its parameter `mode`; each a resource as JSON.
struct Metadata {
  std::string full;
  std::string normative;
  std::string terminology;
};

/// `metadata` must outlive the rows; it is read at each request.
[[nodiscard]] RouteTable metadata_routes(const Metadata& metadata);

}  // namespace kap::gateway::transport::http

#pragma once

#include "gateway/service/exporter.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// Bulk data export, http://hl7.org/fhir/uv/bulkdata. `exporter` must outlive the rows.
[[nodiscard]] RouteTable export_routes(const service::Exporter& exporter);

}  // namespace kap::gateway::transport::http

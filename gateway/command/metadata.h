#pragma once

#include "fhir/base/clock.h"
#include "fhir/terminology/terminology.h"
#include "gateway/config/settings.h"
#include "gateway/service/operation.h"
#include "gateway/transport/http/metadata_routes.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::command {

/// What the server runs on.
struct MetadataParts {
  const config::Settings& settings;
  const Clock& clock;
  const transport::http::RouteTable& routes;
  service::OperationTable operations;
  const fhir::terminology::Terminology& terminology;
};

/// What the server says of itself, from the tables it runs on.
[[nodiscard]] transport::http::Metadata make_metadata(const MetadataParts& parts);

}  // namespace kap::gateway::command

#pragma once

#include "gateway/service/definition_resources.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// read and search of OperationDefinition and SearchParameter. Public, as the CapabilityStatement
/// that refers to them is. `definitions` must outlive the rows.
[[nodiscard]] RouteTable definition_routes(const service::DefinitionResources& definitions);

}  // namespace kap::gateway::transport::http

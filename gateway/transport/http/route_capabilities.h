#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "gateway/service/capability_statement.h"
#include "gateway/transport/http/route.h"

/// What a route table does, in the words of a CapabilityStatement.
namespace kap::gateway::transport::http {

/// What each of the types can do. A row whose pattern names the type hides the rows of `{type}` at
/// its place, as in match_route().
[[nodiscard]] std::vector<service::TypeCapabilities> type_capabilities(
    const RouteTable& table, std::span<const std::string_view> types);

[[nodiscard]] std::vector<std::string_view> system_capabilities(const RouteTable& table);

/// The compartments that can be searched: those of rows like `/fhir/Patient/{id}/{type}`.
[[nodiscard]] std::vector<std::string_view> compartments(const RouteTable& table);

}  // namespace kap::gateway::transport::http

#pragma once

#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/json/value.h"

namespace kap::gateway::service {

/// Content that a client sent.
struct IncomingResource {
  fhir::json::Document document;
  std::string text{};  // what it was parsed from, for line and column; empty where there is none
};

/// kInvalidRequest, with line and column, for what is no JSON, no resource, or of another type.
[[nodiscard]] Result<IncomingResource> parse_incoming(std::string text, std::string_view type);
/// The part of parse_incoming that judges the tree.
[[nodiscard]] Status check_resource_type(const fhir::json::Value& root, std::string_view type);

}  // namespace kap::gateway::service

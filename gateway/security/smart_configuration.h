#pragma once

#include <string>

namespace kap::gateway::security {

struct SmartEndpoints {
  std::string token_url;
  std::string jwks_url;
};

/// The JSON of `.well-known/smart-configuration`, SMART App Launch 2.2 "Conformance": what this
/// server does, and nothing else.
[[nodiscard]] std::string encode_smart_configuration(const SmartEndpoints& endpoints);

}  // namespace kap::gateway::security

#include "gateway/security/scope_grant.h"

#include <algorithm>

namespace kap::gateway::security {

std::vector<Scope> intersect(const std::vector<Scope>& asked,
                             const std::vector<Scope>& registered) {
  std::vector<Scope> granted;
  for (const Scope& one : asked) {
    for (const Scope& most : registered) {
      const bool any = one.resource_type == "*" || most.resource_type == "*";
      if (one.context != most.context || (!any && one.resource_type != most.resource_type))
        continue;
      Scope both = one;
      if (one.resource_type == "*") both.resource_type = most.resource_type;
      both.interactions = static_cast<std::uint8_t>(one.interactions & most.interactions);
      if (both.interactions == 0) continue;
      const auto same = std::ranges::find_if(granted, [&](const Scope& earlier) {
        return earlier.context == both.context && earlier.resource_type == both.resource_type;
      });
      if (same == granted.end())
        granted.push_back(std::move(both));
      else
        same->interactions = static_cast<std::uint8_t>(same->interactions | both.interactions);
    }
  }
  return granted;
}

std::string to_text(const std::vector<Scope>& scopes) {
  std::string text;
  for (const Scope& scope : scopes) text += (text.empty() ? "" : " ") + to_text(scope);
  return text;
}

}  // namespace kap::gateway::security

#include "gateway/security/permit/permit.h"

#include <algorithm>

namespace kap::gateway::security {

bool Permit::allows(std::string_view type, Interaction interaction) const {
  return std::ranges::any_of(scopes_,
                             [&](const Scope& scope) { return scope.allows(type, interaction); });
}

}  // namespace kap::gateway::security

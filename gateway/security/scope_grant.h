#pragma once

#include <string>
#include <vector>

#include "gateway/security/permit/scope.h"

namespace kap::gateway::security {

/// What both lists allow, one scope a type: `system/*.rs` asked of `system/Patient.cruds` gives
/// `system/Patient.rs`. A context (system, user, patient) only meets its like.
[[nodiscard]] std::vector<Scope> intersect(const std::vector<Scope>& asked,
                                           const std::vector<Scope>& registered);
[[nodiscard]] std::string to_text(const std::vector<Scope>& scopes);

}  // namespace kap::gateway::security

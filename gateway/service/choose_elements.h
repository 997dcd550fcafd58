#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

/// Leaves of a resource that was read what `_summary` or `_elements` among the parameters choose,
/// as in a search. The others are looked over. Errors: kInvalidRequest.
[[nodiscard]] Status choose_elements(
    const std::vector<std::pair<std::string, std::string>>& parameters, Resource& resource);

}  // namespace kap::gateway::service

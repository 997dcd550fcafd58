#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"

namespace kap::gateway::service {

/// The Patients that a Group names, http://hl7.org/fhir/R4/group.html: those that are not inactive
/// and whose period has not ended by `now`. Their ids, each once, in the Group's order. Members
/// that are no Patients are passed over. kUnprocessable for a Group that describes members instead
/// of naming them, or that is not of persons.
[[nodiscard]] Result<std::vector<std::string>> parse_group_members(std::string_view group_json,
                                                                   Instant now,
                                                                   std::string_view base_url);

}  // namespace kap::gateway::service

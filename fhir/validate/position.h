#pragma once

#include <string_view>

#include "fhir/base/result.h"
#include "fhir/validate/findings.h"

namespace kap::fhir::validate {

/// Where in the JSON text a place stands: the name of its member, or its start where it is an item
/// of a list. What is not there stands where its nearest outer place does. `member` is one step
/// more, empty for none. `text` must be valid JSON; it is read anew for each finding.
[[nodiscard]] SourcePosition find_position(std::string_view text, const Place& place,
                                           std::string_view member);

}  // namespace kap::fhir::validate

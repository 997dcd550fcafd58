#pragma once

#include "fhir/json/value.h"

namespace kap::fhir::validate {

/// `value` has all that `pattern` has, http://hl7.org/fhir/R4/elementdefinition-definitions.html
/// (pattern[x]): each member matches, and each item of a list matches one of the value's.
[[nodiscard]] bool matches_pattern(const json::Value& pattern, const json::Value& value);

}  // namespace kap::fhir::validate

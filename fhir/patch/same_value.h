#pragma once

#include <string_view>

#include "fhir/json/value.h"

namespace kap::fhir::patch {

/// Whether two JSON numbers state the same value: `1.0`, `1` and `10e-1` do.
[[nodiscard]] bool is_same_number(std::string_view left, std::string_view right);

/// Equality of RFC 6902, section 4.6: numbers by value, objects whatever the order of members.
[[nodiscard]] bool is_same_value(const json::Value& left, const json::Value& right);

}  // namespace kap::fhir::patch

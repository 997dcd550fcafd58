#pragma once

#include <string>
#include <string_view>

namespace kap::fhir::search {

/// A search parameter of several types has one expression, the union of what it means in each:
/// `Condition.code | Observation.code | …`. These are the alternatives that can yield something in
/// a resource of that type; empty when none can.
[[nodiscard]] std::string alternatives_for(std::string_view expression, std::string_view type);

}  // namespace kap::fhir::search

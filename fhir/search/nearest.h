#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kap::fhir::search {

/// Up to three of the names that a mistyped one may have meant, nearest first.
[[nodiscard]] std::vector<std::string_view> nearest(std::string_view name,
                                                    std::span<const std::string_view> known);

}  // namespace kap::fhir::search

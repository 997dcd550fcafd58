#pragma once

#include <expected>
#include <span>
#include <string_view>

#include "fhir/search/criterion_parser.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {

/// The value of `_include` or `_revinclude`: `Type:parameter[:TargetType]`, `Type:*` or `*`.
/// Without :iterate the source (of `_revinclude`, the target) is a type searched for.
[[nodiscard]] std::expected<Include, Refusal> parse_include(std::span<const std::string_view> types,
                                                            Include::Direction direction,
                                                            Include::Iterate iterate,
                                                            std::string_view value);

}  // namespace kap::fhir::search

#pragma once

#include <expected>
#include <string_view>

#include "fhir/search/criterion_parser.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {

/// The value of `_include` or `_revinclude`: `Type:parameter[:TargetType]`, `Type:*` or `*`.
/// Without :iterate the source (of `_revinclude`, the target) is the type searched for.
[[nodiscard]] std::expected<Include, Refusal> parse_include(std::string_view type,
                                                            Include::Direction direction,
                                                            Include::Iterate iterate,
                                                            std::string_view value);

}  // namespace kap::fhir::search

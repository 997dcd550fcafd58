#pragma once

#include <expected>
#include <string_view>

#include "fhir/search/query.h"
#include "fhir/search/value_parser.h"

namespace kap::fhir::search {

/// One value of `:text`, `:in`, `:not-in`, `:of-type`, `:above` or `:below` on a token parameter
/// (http://hl7.org/fhir/R4/search.html#token). A value set or a system's hierarchy that is not here
/// with all its codes is a refusal that says so.
[[nodiscard]] std::expected<Value, Reason> parse_modified_token(Modifier modifier,
                                                                std::string_view text,
                                                                const QueryOptions& options);

}  // namespace kap::fhir::search

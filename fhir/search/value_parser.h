#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions/search_parameters.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {

/// Why a value or modifier is refused and what would be right; never repeats the value.
using Reason = std::string;

/// One value of a parameter (between commas), escapes not yet resolved.
[[nodiscard]] std::expected<Value, Reason> parse_value(
    const definitions::SearchParameterDef& parameter, Modifier modifier,
    std::string_view target_type, std::string_view text, const QueryOptions& options);

/// The parts of a text between separators that no backslash escapes; escapes stay.
[[nodiscard]] std::vector<std::string_view> split_escaped(std::string_view text, char separator);
/// `\,` `\|` `\$` `\\` resolved; nothing for any other escape.
[[nodiscard]] std::expected<std::string, Reason> unescape(std::string_view text);

}  // namespace kap::fhir::search

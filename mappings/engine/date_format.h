#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fhir/definitions/types.h"

namespace kap::mappings {

/// Reads `text` by the format codes of the mapping guide's date transforms (yyyy MM dd HH hh mm ss
/// S a Z; other characters stand for themselves) and writes FHIR's lexical form of `wanted` (date,
/// dateTime, instant or time) with the parts that the format has. Nothing where the text does not
/// match.
[[nodiscard]] std::optional<std::string> parse_date_format(std::string_view text,
                                                           std::string_view format,
                                                           fhir::definitions::Primitive wanted);

}  // namespace kap::mappings

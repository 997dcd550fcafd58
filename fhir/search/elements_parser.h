#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/search/value_parser.h"

namespace kap::fhir::search {

/// The value of `_elements` (http://hl7.org/fhir/R4/search.html#elements): names of elements of the
/// resource itself, joined by commas, each of one of the types or written with its type:
/// `status,Patient.name`. A choice is named without its type (`value`) or with it
/// (`valueQuantity`).
[[nodiscard]] std::expected<std::vector<std::string>, Reason> parse_elements(
    std::span<const std::string_view> types, std::string_view value);

}  // namespace kap::fhir::search

#pragma once

#include <string_view>

#include "fhir/definitions/types.h"

namespace kap::fhir::validate {

/// The text is a value of that primitive type, http://hl7.org/fhir/R4/datatypes.html#primitive.
/// `text` is what stands in the JSON string, or the literal of a number or boolean. Beyond the
/// regular expressions of the specification: days exist in their month, integers fit in 32 bits,
/// a string has something other than white space.
[[nodiscard]] bool is_primitive(definitions::Primitive type, std::string_view text);

/// What a value of the type looks like, to stand after "must be": `a date: YYYY, YYYY-MM or ...`.
[[nodiscard]] std::string_view describe(definitions::Primitive type);

/// http://hl7.org/fhir/R4/datatypes.html#date, dateTime, instant and time.
[[nodiscard]] bool is_date(std::string_view text);
[[nodiscard]] bool is_date_time(std::string_view text);
[[nodiscard]] bool is_instant(std::string_view text);
[[nodiscard]] bool is_time(std::string_view text);
/// http://hl7.org/fhir/R4/datatypes.html#id
[[nodiscard]] bool is_id(std::string_view text);

}  // namespace kap::fhir::validate

#pragma once

#include <cstddef>
#include <string_view>

#include "fhir/base/result.h"

namespace kap::fhir::json {

/// The line and column of a byte offset; an offset past the end means the end.
[[nodiscard]] SourcePosition locate(std::string_view text, std::size_t offset);
/// The offset of the first byte that is not part of a valid UTF-8 sequence, or the size.
[[nodiscard]] std::size_t first_invalid_utf8(std::string_view text);

}  // namespace kap::fhir::json

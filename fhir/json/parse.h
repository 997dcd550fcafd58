#pragma once

#include <cstddef>
#include <string_view>

#include "fhir/base/limits.h"
#include "fhir/base/result.h"
#include "fhir/json/value.h"

namespace kap::fhir::json {

struct ParseLimits {
  std::size_t bytes = limits::kJsonBytes;
  std::size_t depth = limits::kJsonDepth;
  std::size_t string_bytes = limits::kJsonBytes;
  std::size_t number_digits = limits::kJsonNumberDigits;
};

/// Parses one JSON text (RFC 8259) without losing anything. Refused, with line, column and path:
/// invalid UTF-8, lone surrogates, duplicate member names, numbers beyond the limits (`1e400`
/// included: its exponent leaves the range of an IEEE double), nesting deeper than the limit,
/// text after the value. The document owns what it needs; `text` may go away.
[[nodiscard]] Result<Document> parse(std::string_view text, const ParseLimits& limits = {});

}  // namespace kap::fhir::json

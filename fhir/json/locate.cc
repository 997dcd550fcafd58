#include "fhir/json/locate.h"

#include <simdjson.h>

#include <algorithm>

namespace kap::fhir::json {

SourcePosition locate(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto newlines = std::ranges::count(before, '\n');
  const std::size_t last = before.rfind('\n');
  const std::size_t column =
      last == std::string_view::npos ? before.size() : before.size() - last - 1;
  return {.line = static_cast<std::uint32_t>(newlines + 1),
          .column = static_cast<std::uint32_t>(column + 1)};
}

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    const auto lead = static_cast<unsigned char>(text[offset]);
    const std::size_t width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (width > text.size() - offset || !simdjson::validate_utf8(text.data() + offset, width))
      break;
    offset += width;
  }
  return offset;
}

}  // namespace kap::fhir::json

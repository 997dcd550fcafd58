#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/json/value.h"

namespace kap::fhir::json {

enum class Layout : std::uint8_t { kCompact, kPretty };

void print(const Value& value, std::string& out, Layout layout = Layout::kCompact);
[[nodiscard]] std::string to_text(const Value& value, Layout layout = Layout::kCompact);
/// Appends `text` as a JSON string with its quotes.
void print_string(std::string_view text, std::string& out);

}  // namespace kap::fhir::json

#pragma once

#include <optional>
#include <string_view>

#include "mappings/engine/ast.h"
#include "mappings/engine/diagnostics.h"

namespace kap::mappings {

/// Parses one map. `file` names it in diagnostics. Nothing where there is an error; after one, the
/// parser goes on at the next rule or group, so that several are reported at once.
[[nodiscard]] std::optional<ast::Map> parse_map(std::string_view text, std::string_view file,
                                                Diagnostics& diagnostics);

}  // namespace kap::mappings

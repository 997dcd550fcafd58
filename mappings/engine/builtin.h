#pragma once

#include <optional>
#include <vector>

#include "fhir/base/result.h"
#include "mappings/engine/map_files.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {

/// The maps of mappings/ketamine and mappings/referral with mappings/terminology, as this program
/// was built with them.
[[nodiscard]] Result<MapFiles> builtin_files();
/// The same, compiled. Nothing with errors in `diagnostics`: a test compiles them first.
[[nodiscard]] std::optional<Mapper> builtin_mapper(Diagnostics& diagnostics);

}  // namespace kap::mappings

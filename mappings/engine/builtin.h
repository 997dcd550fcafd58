#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "mappings/engine/map_files.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {

/// The maps of mappings/ketamine and mappings/referral with mappings/terminology, as this program
/// was built with them.
[[nodiscard]] Result<MapFiles> builtin_files();
/// A shipped map as a FHIR R4 StructureMap; its id is what its url ends in.
struct BuiltinStructureMap {
  std::string url;
  std::string name;
  std::string json;
};
[[nodiscard]] Result<std::vector<BuiltinStructureMap>> builtin_structure_maps();

/// The same, compiled. Nothing with errors in `diagnostics`: a test compiles them first.
[[nodiscard]] std::optional<Mapper> builtin_mapper(Diagnostics& diagnostics);

}  // namespace kap::mappings

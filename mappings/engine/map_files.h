#pragma once

#include <span>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/terminology/terminology.h"
#include "mappings/engine/compile.h"

namespace kap::mappings {

/// Maps and terminology resources read from disk.
struct MapFiles {
  std::vector<MapText> maps;
  fhir::terminology::Terminology terminology;
};

/// Reads `.fml` and `.map` files as maps and `.json` files as ConceptMaps, ValueSets and
/// CodeSystems; a folder stands for all such files below it, in the order of their paths.
[[nodiscard]] Result<MapFiles> read_map_files(std::span<const std::string> paths);

/// The bytes of a file; refused beyond `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace kap::mappings

#pragma once

#include <string>

#include "mappings/engine/ast.h"

namespace kap::mappings {

/// The map in canonical form: the current guide's syntax (`///` metadata, expressions in
/// parentheses), two spaces a level, one rule a line, comments kept. Parsing it gives the same map.
[[nodiscard]] std::string print_map(const ast::Map& map);

/// The map as a FHIR R4 StructureMap resource, compact JSON. Embedded concept maps become contained
/// ConceptMaps. Constants (`let`) have no place in R4 and are left out.
[[nodiscard]] std::string to_structure_map(const ast::Map& map);

}  // namespace kap::mappings

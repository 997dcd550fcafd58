#pragma once

#include <cstdint>

#include "fhir/json/value.h"

namespace kap::fhir::patch {

/// What becomes of arrays and objects that are empty once a patch has run. FHIR JSON has none
/// (http://hl7.org/fhir/R4/json.html): an element without content is absent.
enum class Empties : std::uint8_t { kKeep, kDrop };

/// Takes empty arrays and objects out, and what becomes empty by that. In the `_name` arrays of
/// primitives an empty object becomes null, since the items stand for those of `name`.
void drop_empties(json::Document& document);

}  // namespace kap::fhir::patch

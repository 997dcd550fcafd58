#pragma once

#include "fhir/definitions/types.h"
#include "fhir/path/element.h"
#include "fhir/path/model.h"
#include "mappings/engine/clinic_schema.h"
#include "mappings/engine/wire.h"

namespace kap::mappings {

/// How FHIRPath and maps see decoded clinic records: elements by their protobuf JSON names, enums
/// as the names of their values, decimals and date-times as strings. What protobuf JSON leaves out
/// (empty strings, enums at 0, false) is absent.
[[nodiscard]] const fhir::path::Model& clinic_model();

[[nodiscard]] fhir::path::Element clinic_element(const WireMessage& message);
[[nodiscard]] fhir::path::Element clinic_element(const WireMessage& parent,
                                                 const ClinicField& field, const WireSlot& value);

/// `session.administrations[2].dose_mg`: protobuf names from the record's body, without the body's
/// own name where it is a field of Record.
[[nodiscard]] std::string field_path(const WireMessage& message, const ClinicField* field);
[[nodiscard]] std::string field_path(const fhir::path::Element& element);

}  // namespace kap::mappings

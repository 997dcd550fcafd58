#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/path/decimal.h"
#include "mappings/engine/clinic_schema.h"

namespace kap::mappings {

struct WireMessage;

namespace plan {

/// A condition over one clinic message that needs no FHIRPath: comparisons of fields with
/// literals, exists(), empty(), and, or, xor, implies, not().
struct Predicate;

}  // namespace plan

/// Lowers the expression; nullptr where it says more than a Predicate can.
[[nodiscard]] std::shared_ptr<const plan::Predicate> parse_predicate(std::string_view text,
                                                                     const ClinicMessage& focus);

/// FHIRPath's three truth values.
enum class Truth : std::uint8_t { kFalse, kTrue, kEmpty };
[[nodiscard]] Truth evaluate(const plan::Predicate& predicate, const WireMessage& message);

}  // namespace kap::mappings

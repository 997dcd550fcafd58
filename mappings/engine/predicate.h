#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "mappings/engine/clinic_schema.h"

namespace kap::mappings {

struct WireMessage;

namespace plan {
/// A condition over one clinic message that needs no FHIRPath: fields compared with literals and
/// each other, exists(), empty(), not(), toDecimal(), iif(), and, or, xor, implies.
struct Predicate;
}  // namespace plan

/// Lowers a FHIRPath expression; nullptr where it says more than a Predicate can, or where its
/// meaning could differ (lists, types that do not compare).
[[nodiscard]] std::shared_ptr<const plan::Predicate> parse_predicate(std::string_view text,
                                                                     const ClinicMessage& focus);

/// FHIRPath's three truth values.
enum class Truth : std::uint8_t { kFalse, kTrue, kEmpty };
[[nodiscard]] Truth evaluate(const plan::Predicate& predicate, const WireMessage& message);

}  // namespace kap::mappings

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kap::fhir::definitions {

/// What it means that a constraint does not hold: an error, a warning, or a warning that only says
/// what is good practice (http://hl7.org/fhir/R4/extension-elementdefinition-bestpractice.html).
enum class ConstraintLevel : std::uint8_t { kError, kWarning, kBestPractice };

/// An ElementDefinition.constraint; the texts are HL7's own.
struct ConstraintDef {
  std::string_view key;  // `ext-1`
  std::string_view expression;
  std::string_view human;
  ConstraintLevel level = ConstraintLevel::kError;
};

/// Those that R4 states at an element (`Patient.contact`, `Period`, `ElementDefinition.max`),
/// without what its type and the bases of that state themselves; empty for most elements.
[[nodiscard]] std::span<const ConstraintDef> constraints_at(std::string_view path);

/// key, level, expression and human text as the tables write them.
[[nodiscard]] ConstraintDef parse_constraint(std::string_view cells);

}  // namespace kap::fhir::definitions

#pragma once

#include <optional>
#include <string_view>

#include "fhir/json/value.h"
#include "fhir/search/index_entry.h"

namespace kap::gateway::service {

/// When the care happened that a resource is about, not when it was recorded: what `start` and
/// `end` of $everything and $docref compare with. A period without an end, a condition without an
/// abatement and an allergy go on. Nothing for what has no such time (a Patient, a Device).
[[nodiscard]] std::optional<fhir::search::DateEntry> care_time(const fhir::json::Value& resource);

/// The time that a date or dateTime spans, half open; nothing where it is absent.
[[nodiscard]] std::optional<fhir::search::DateEntry> to_time(std::string_view text);

/// `start` and `end` of a call, by the day or the second as they were given.
struct CareRange {
  std::optional<fhir::search::DateEntry> start;
  std::optional<fhir::search::DateEntry> end;

  [[nodiscard]] bool is_open() const { return !start && !end; }
  /// Whether they overlap.
  [[nodiscard]] bool holds(const fhir::search::DateEntry& time) const;
};

}  // namespace kap::gateway::service

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mappings/engine/clinic_schema.h"
#include "mappings/engine/wire.h"

namespace kap::mappings {

/// Whether the text has the form that a kap.clinic.v1.Format names.
[[nodiscard]] bool has_format(ClinicFormat format, std::string_view text);
/// `a date-time with seconds and an offset, such as 2026-03-08T01:45:00-05:00`
[[nodiscard]] std::string_view describe(ClinicFormat format);

[[nodiscard]] bool matches(const re2::RE2& pattern, std::string_view text);
[[nodiscard]] std::size_t code_points(std::string_view text);
/// A scalar as text, to compare with another one of its field.
[[nodiscard]] std::string plain_text(const ClinicField& field, const WireSlot& value);

/// Orders two dates or date-times: date-times as instants; with a date in it, by the calendar day
/// each names. Nothing where one is neither.
[[nodiscard]] std::optional<int> compare_times(std::string_view left, std::string_view right);

/// The url of a value set that the contract names by its id.
[[nodiscard]] std::string value_set_url(std::string_view id);

struct ScoreFinding {
  const WireMessage* message = nullptr;  // nullptr: the scored message itself
  const ClinicField* field = nullptr;
  std::string what;
};
/// What is wrong with the answers and the total of an instrument.
[[nodiscard]] std::vector<ScoreFinding> check_score(const ClinicScore& rule,
                                                    const ClinicScoreFields& fields,
                                                    const WireMessage& at);

}  // namespace kap::mappings

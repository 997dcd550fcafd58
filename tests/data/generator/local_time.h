#pragma once

#include <chrono>
#include <string>

namespace kap::synthetic {

using Instant = std::chrono::sys_seconds;
using std::chrono::minutes;

/// A United States time zone with daylight saving by the rule of 2007: from the second Sunday in
/// March to the first Sunday in November, each at 02:00 local time.
struct Zone {
  int standard_hours;
};
inline constexpr Zone kEastern{-5};
inline constexpr Zone kPacific{-8};

/// The instant of a wall-clock time; of two in an autumn night, the first.
[[nodiscard]] Instant at(Zone zone, int year, unsigned month, unsigned day, int hour, int minute);

/// RFC 3339 with the local offset.
[[nodiscard]] std::string stamp(Zone zone, Instant time);

/// The local calendar day, YYYY-MM-DD.
[[nodiscard]] std::string day_of(Zone zone, Instant time);

}  // namespace kap::synthetic

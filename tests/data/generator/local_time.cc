#include "tests/data/generator/local_time.h"

#include <fmt/format.h>

namespace kap::synthetic {
namespace {

using namespace std::chrono;

bool is_daylight_saving(Zone zone, Instant time) {
  const year_month_day date{floor<days>(time)};
  const hours standard{zone.standard_hours};
  const Instant begins = sys_days{date.year() / March / Sunday[2]} + hours{2} - standard;
  const Instant ends = sys_days{date.year() / November / Sunday[1]} + hours{1} - standard;
  return time >= begins && time < ends;
}

int offset_hours(Zone zone, Instant time) {
  return zone.standard_hours + (is_daylight_saving(zone, time) ? 1 : 0);
}

}  // namespace

Instant at(Zone zone, int year_number, unsigned month_number, unsigned day_number, int hour,
           int minute) {
  const sys_days date{year{year_number} / month{month_number} / day{day_number}};
  const Instant wall = date + hours{hour} + minutes{minute};
  const Instant daylight = wall - hours{zone.standard_hours + 1};
  return is_daylight_saving(zone, daylight) ? daylight : wall - hours{zone.standard_hours};
}

std::string stamp(Zone zone, Instant time) {
  const int offset = offset_hours(zone, time);
  const Instant wall = time + hours{offset};
  const hh_mm_ss clock{wall - floor<days>(wall)};
  return fmt::format("{}T{:02}:{:02}:{:02}{}{:02}:00", day_of(zone, time), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), offset < 0 ? '-' : '+',
                     offset < 0 ? -offset : offset);
}

std::string day_of(Zone zone, Instant time) {
  const year_month_day date{floor<days>(time + hours{offset_hours(zone, time)})};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace kap::synthetic

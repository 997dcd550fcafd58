#include "fhir/path/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

namespace kap::fhir::path {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int64_t kDayMs = 86'400'000;

struct Reader {
  std::string_view rest;

  std::optional<int> digits(std::size_t count) {
    if (rest.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(count);
    return value;
  }
  bool accept(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
};

sys_days day_of(const Moment& m) {
  return sys_days(std::chrono::year(m.year) / std::chrono::month(m.month) /
                  std::chrono::day(m.day));
}

bool read_date(Reader& in, Moment& out) {
  const auto year = in.digits(4);
  if (!year || *year == 0) return false;
  out.year = static_cast<std::int16_t>(*year);
  out.precision = Precision::kYear;
  if (!in.accept('-')) return true;
  const auto month = in.digits(2);
  if (!month || *month < 1 || *month > 12) return false;
  out.month = static_cast<std::uint8_t>(*month);
  out.precision = Precision::kMonth;
  if (!in.accept('-')) return true;
  const auto day = in.digits(2);
  if (!day) return false;
  out.day = static_cast<std::uint8_t>(*day);
  out.precision = Precision::kDay;
  return (std::chrono::year(out.year) / out.month / out.day).ok();
}

bool read_fraction(Reader& in, Moment& out) {
  std::uint32_t nanoseconds = 0;
  int count = 0;
  while (!in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9') {
    if (count < 9)
      nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(in.rest.front() - '0');
    ++count;
    in.rest.remove_prefix(1);
  }
  if (count == 0) return false;
  for (int i = count; i < 9; ++i) nanoseconds *= 10;
  out.nanosecond = nanoseconds;
  out.fraction_digits = static_cast<std::uint8_t>(std::min(count, 9));
  out.precision = Precision::kFraction;
  return true;
}

bool read_time(Reader& in, Moment& out) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23) return false;
  out.hour = static_cast<std::uint8_t>(*hour);
  out.precision = Precision::kHour;
  if (!in.accept(':')) return true;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59) return false;
  out.minute = static_cast<std::uint8_t>(*minute);
  out.precision = Precision::kMinute;
  if (!in.accept(':')) return true;
  const auto second = in.digits(2);
  if (!second || *second > 59) return false;
  out.second = static_cast<std::uint8_t>(*second);
  out.precision = Precision::kSecond;
  return !in.accept('.') || read_fraction(in, out);
}

bool read_offset(Reader& in, Moment& out) {
  if (in.rest.empty()) return true;
  out.has_offset = true;
  if (in.accept('Z')) return in.rest.empty();
  const bool negative = in.rest.front() == '-';
  if (!in.accept('+') && !in.accept('-')) return false;
  const auto hours = in.digits(2);
  if (!hours || !in.accept(':')) return false;
  const auto minutes = in.digits(2);
  if (!minutes || *hours > 14 || *minutes > 59) return false;
  const int total = *hours * 60 + *minutes;
  out.offset_minutes = static_cast<std::int16_t>(negative ? -total : total);
  return in.rest.empty();
}

/// Milliseconds since 1970 of the clock reading, offset not applied.
std::int64_t local_ms(const Moment& m) {
  std::int64_t out =
      m.kind == Moment::Kind::kTime ? 0 : day_of(m).time_since_epoch().count() * kDayMs;
  out += ((m.hour * 60LL + m.minute) * 60 + m.second) * 1000;
  return out + m.nanosecond / 1'000'000;
}

void set_local_ms(Moment& m, std::int64_t ms) {
  const std::int64_t day = ms >= 0 ? ms / kDayMs : -((-ms + kDayMs - 1) / kDayMs);
  std::int64_t rest = ms - day * kDayMs;
  if (m.kind != Moment::Kind::kTime) {
    const std::chrono::year_month_day date{sys_days(days(day))};
    m.year = static_cast<std::int16_t>(static_cast<int>(date.year()));
    m.month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month()));
    m.day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day()));
  }
  m.nanosecond = static_cast<std::uint32_t>(rest % 1000) * 1'000'000 + m.nanosecond % 1'000'000;
  rest /= 1000;
  m.second = static_cast<std::uint8_t>(rest % 60);
  m.minute = static_cast<std::uint8_t>(rest / 60 % 60);
  m.hour = static_cast<std::uint8_t>(rest / 3600);
}

std::array<std::int64_t, 6> components(const Moment& m) {
  return {m.year, m.month, m.day, m.hour, m.minute, m.second * 1'000'000'000LL + m.nanosecond};
}

int last_component(Precision precision) {
  return std::min(static_cast<int>(precision), static_cast<int>(Precision::kSecond));
}

/// Without offset, the same instant read in UTC.
Moment in_utc(Moment m) {
  if (!m.has_offset || m.precision < Precision::kMinute) return m;
  set_local_ms(m, local_ms(m) - m.offset_minutes * 60'000LL);
  m.offset_minutes = 0;
  return m;
}

std::optional<int> compare_components(const Moment& left, const Moment& right) {
  const auto l = components(left);
  const auto r = components(right);
  const int first = left.kind == Moment::Kind::kTime ? 3 : 0;
  const int left_last = last_component(left.precision);
  const int right_last = last_component(right.precision);
  for (int i = first; i <= std::min(left_last, right_last); ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (l[index] != r[index]) return l[index] < r[index] ? -1 : 1;
  }
  if (left_last != right_last) return std::nullopt;
  return 0;
}

}  // namespace

std::optional<Moment> Moment::parse_date(std::string_view text) {
  Reader in{text};
  Moment out;
  if (!read_date(in, out) || !in.rest.empty()) return std::nullopt;
  return out;
}

std::optional<Moment> Moment::parse_date_time(std::string_view text) {
  Reader in{text};
  Moment out;
  out.kind = Kind::kDateTime;
  if (!read_date(in, out)) return std::nullopt;
  if (in.rest.empty()) return out;
  if (!in.accept('T')) return std::nullopt;
  if (in.rest.empty()) return out;
  if (out.precision != Precision::kDay || !read_time(in, out) || !read_offset(in, out))
    return std::nullopt;
  return out;
}

std::optional<Moment> Moment::parse_time(std::string_view text) {
  Reader in{text};
  Moment out;
  out.kind = Kind::kTime;
  if (!read_time(in, out) || !in.rest.empty()) return std::nullopt;
  return out;
}

std::string Moment::text() const {
  std::string out;
  if (kind != Kind::kTime) {
    out = fmt::format("{:04}", year);
    if (precision >= Precision::kMonth) out += fmt::format("-{:02}", month);
    if (precision >= Precision::kDay) out += fmt::format("-{:02}", day);
    if (precision < Precision::kHour || kind == Kind::kDate) return out;
    out += 'T';
  }
  out += fmt::format("{:02}", hour);
  if (precision >= Precision::kMinute) out += fmt::format(":{:02}", minute);
  if (precision >= Precision::kSecond) out += fmt::format(":{:02}", second);
  if (precision == Precision::kFraction)
    out += '.' + fmt::format("{:09}", nanosecond).substr(0, fraction_digits);
  if (!has_offset) return out;
  if (offset_minutes == 0) return out + 'Z';
  const int minutes = std::abs(offset_minutes);
  return out +
         fmt::format("{}{:02}:{:02}", offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::int64_t Moment::first_millisecond(int offset_minutes_if_none) const {
  return local_ms(*this) - (has_offset ? offset_minutes : offset_minutes_if_none) * 60'000LL;
}

std::int64_t Moment::end_millisecond(int offset_minutes_if_none) const {
  const std::int64_t first = first_millisecond(offset_minutes_if_none);
  switch (precision) {
    case Precision::kYear: {
      Moment next = *this;
      ++next.year;
      return next.first_millisecond(offset_minutes_if_none);
    }
    case Precision::kMonth: {
      Moment next = *this;
      next.year = static_cast<std::int16_t>(next.year + (month == 12));
      next.month = static_cast<std::uint8_t>(month == 12 ? 1 : month + 1);
      return next.first_millisecond(offset_minutes_if_none);
    }
    case Precision::kDay:
      return first + kDayMs;
    case Precision::kHour:
      return first + 3'600'000;
    case Precision::kMinute:
      return first + 60'000;
    case Precision::kSecond:
      return first + 1000;
    case Precision::kFraction:
      return first + 1;
  }
  return first;
}

std::optional<int> compare(const Moment& left, const Moment& right) {
  const bool times = left.kind == Moment::Kind::kTime;
  if (times != (right.kind == Moment::Kind::kTime)) return std::nullopt;
  const bool timed = left.precision >= Precision::kHour && right.precision >= Precision::kHour;
  if (times || !timed || (!left.has_offset && !right.has_offset))
    return compare_components(left, right);
  if (left.has_offset && right.has_offset) return compare_components(in_utc(left), in_utc(right));
  // One of them could be anywhere between UTC-12 and UTC+14.
  constexpr int kWest = -12 * 60;
  constexpr int kEast = 14 * 60;
  if (left.end_millisecond(kWest) <= right.first_millisecond(kEast)) return -1;
  if (left.first_millisecond(kEast) >= right.end_millisecond(kWest)) return 1;
  return std::nullopt;
}

namespace {

constexpr std::array<std::int64_t, 8> kUnitMs{0, 0, 7 * kDayMs, kDayMs, 3'600'000, 60'000, 1000, 1};

bool is_within(std::int64_t value, std::int64_t bound) { return value <= bound && value >= -bound; }

std::optional<Moment> add_months(Moment m, std::int64_t months) {
  if (!is_within(months, 120'000)) return std::nullopt;
  const std::int64_t total = m.year * 12LL + (m.month - 1) + months;
  if (total < 12 || total >= 120'000) return std::nullopt;
  m.year = static_cast<std::int16_t>(total / 12);
  m.month = static_cast<std::uint8_t>(total % 12 + 1);
  const std::chrono::year_month_day_last last{
      std::chrono::year(m.year), std::chrono::month_day_last(std::chrono::month(m.month))};
  m.day = std::min(m.day, static_cast<std::uint8_t>(static_cast<unsigned>(last.day())));
  return m;
}

/// An amount finer than the precision, in the precision's unit (whole ones).
std::optional<Moment> add_coarse(const Moment& m, std::int64_t amount, CalendarUnit unit) {
  if (m.precision == Precision::kYear) {
    if (unit == CalendarUnit::kMonth) return add_months(m, amount / 12 * 12);
    const std::int64_t whole_days = amount * kUnitMs[static_cast<std::size_t>(unit)] / kDayMs;
    return add_months(m, whole_days / 365 * 12);
  }
  const std::int64_t whole_days = amount * kUnitMs[static_cast<std::size_t>(unit)] / kDayMs;
  return add_months(m, whole_days / 30);
}

std::int64_t precision_ms(Precision precision) {
  switch (precision) {
    case Precision::kDay:
      return kDayMs;
    case Precision::kHour:
      return 3'600'000;
    case Precision::kMinute:
      return 60'000;
    case Precision::kSecond:
      return 1000;
    default:
      return 1;
  }
}

}  // namespace

std::optional<Moment> add(const Moment& moment, std::int64_t amount, CalendarUnit unit) {
  constexpr std::int64_t kMost = 400'000'000'000'000;  // milliseconds of 12,000 years
  const bool is_time = moment.kind == Moment::Kind::kTime;
  if (unit == CalendarUnit::kYear || unit == CalendarUnit::kMonth) {
    if (is_time || !is_within(amount, 120'000)) return std::nullopt;
    if (unit == CalendarUnit::kMonth && moment.precision == Precision::kYear)
      return add_coarse(moment, amount, unit);
    return add_months(moment, unit == CalendarUnit::kYear ? amount * 12 : amount);
  }
  std::int64_t ms = 0;
  if (__builtin_mul_overflow(amount, kUnitMs[static_cast<std::size_t>(unit)], &ms) ||
      !is_within(ms, kMost))
    return std::nullopt;
  if (!is_time && moment.precision < Precision::kDay) return add_coarse(moment, amount, unit);
  const std::int64_t grain = precision_ms(moment.precision);
  ms = ms / grain * grain;
  Moment out = moment;
  std::int64_t total = local_ms(moment) + ms;
  if (is_time) total = ((total % kDayMs) + kDayMs) % kDayMs;
  if (!is_time) {
    constexpr std::int64_t kFirst = -62'135'596'800'000;  // 0001-01-01
    constexpr std::int64_t kLast = 253'402'300'799'999;   // 9999-12-31T23:59:59.999
    if (total < kFirst || total > kLast) return std::nullopt;
  }
  set_local_ms(out, total);
  return out;
}

}  // namespace kap::fhir::path

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kap::fhir::path {

enum class Precision : std::uint8_t { kYear, kMonth, kDay, kHour, kMinute, kSecond, kFraction };

/// A date, dateTime or time of any precision (FHIRPath N1 section 3, FHIR R4 date, dateTime,
/// instant, time). Components past `precision` are zero (month and day: one).
struct Moment {
  enum class Kind : std::uint8_t { kDate, kDateTime, kTime };

  std::int16_t year = 0;
  std::uint8_t month = 1;
  std::uint8_t day = 1;
  std::uint8_t hour = 0;
  std::uint8_t minute = 0;
  std::uint8_t second = 0;
  Precision precision = Precision::kYear;
  std::uint32_t nanosecond = 0;
  Kind kind = Kind::kDate;
  /// Digits of the fraction of a second as written.
  std::uint8_t fraction_digits = 0;
  bool has_offset = false;
  std::int16_t offset_minutes = 0;

  /// `2014`, `2014-01`, `2014-01-25`.
  [[nodiscard]] static std::optional<Moment> parse_date(std::string_view text);
  /// A date, or a date with `T` and a time of any precision (`2014T`, `2014-01-25T14`) and offset.
  [[nodiscard]] static std::optional<Moment> parse_date_time(std::string_view text);
  /// `14`, `14:30`, `14:30:14.559`; no offset.
  [[nodiscard]] static std::optional<Moment> parse_time(std::string_view text);

  /// FHIR's text: without `@`, a time without `T`, a date-only dateTime without `T`.
  [[nodiscard]] std::string text() const;

  /// Milliseconds of UTC at which the moment begins and, exclusive, ends (`2014` ends where 2015
  /// begins). A moment without offset is read at `offset_minutes_if_none`.
  [[nodiscard]] std::int64_t first_millisecond(int offset_minutes_if_none = 0) const;
  [[nodiscard]] std::int64_t end_millisecond(int offset_minutes_if_none = 0) const;

  friend bool operator==(const Moment&, const Moment&) = default;
};

/// -1, 0 or 1; nothing where the precision does not tell (FHIRPath N1 section 6.2).
[[nodiscard]] std::optional<int> compare(const Moment& left, const Moment& right);

enum class CalendarUnit : std::uint8_t {
  kYear,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond
};

/// Date arithmetic (FHIRPath N1 section 6.6): `amount` whole units, an amount finer than the
/// moment's precision is carried to it first; 31 January + 1 month is the last of February.
/// Nothing where the result leaves the years 0001 to 9999.
[[nodiscard]] std::optional<Moment> add(const Moment& moment, std::int64_t amount,
                                        CalendarUnit unit);

}  // namespace kap::fhir::path

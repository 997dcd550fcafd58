#include "fhir/validate/primitive_format.h"

namespace kap::fhir::validate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads from the front of a text; once something was not there, everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] bool next_is(char c) const { return at_ != end_ && *at_ == c; }

  /// `digits` digits whose number is from `low` to `high`; -1 otherwise.
  int number(int digits, int low, int high) {
    if (end_ - at_ < digits) return -1;
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (!is_digit(at_[i])) return -1;
      value = value * 10 + (at_[i] - '0');
    }
    at_ += digits;
    return value >= low && value <= high ? value : -1;
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool take_digits() {
    const char* start = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != start;
  }

 private:
  const char* at_;
  const char* end_;
};

enum class Parts { kYear, kMonth, kDay, kNone };

int days_in(int year, int month) {
  if (month == 2) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return leap ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// How far the date at the front goes.
Parts scan_date(Scanner& scanner) {
  const int year = scanner.number(4, 1, 9999);
  if (year < 0) return Parts::kNone;
  if (!scanner.take('-')) return Parts::kYear;
  const int month = scanner.number(2, 1, 12);
  if (month < 0) return Parts::kNone;
  if (!scanner.take('-')) return Parts::kMonth;
  return scanner.number(2, 1, days_in(year, month)) < 0 ? Parts::kNone : Parts::kDay;
}

bool scan_time(Scanner& scanner) {
  // Second 60: a leap second.
  if (scanner.number(2, 0, 23) < 0 || !scanner.take(':') || scanner.number(2, 0, 59) < 0 ||
      !scanner.take(':') || scanner.number(2, 0, 60) < 0) {
    return false;
  }
  return !scanner.take('.') || scanner.take_digits();
}

bool scan_zone(Scanner& scanner) {
  if (scanner.take('Z')) return true;
  if (!scanner.take('+') && !scanner.take('-')) return false;
  const int hours = scanner.number(2, 0, 14);
  return hours >= 0 && scanner.take(':') && scanner.number(2, 0, hours == 14 ? 0 : 59) >= 0;
}

}  // namespace

bool is_date(std::string_view text) {
  Scanner scanner(text);
  return scan_date(scanner) != Parts::kNone && scanner.at_end();
}

bool is_instant(std::string_view text) {
  Scanner scanner(text);
  return scan_date(scanner) == Parts::kDay && scanner.take('T') && scan_time(scanner) &&
         scan_zone(scanner) && scanner.at_end();
}

bool is_date_time(std::string_view text) {
  return text.size() <= 10 ? is_date(text) : is_instant(text);
}

bool is_time(std::string_view text) {
  Scanner scanner(text);
  return scan_time(scanner) && scanner.at_end();
}

}  // namespace kap::fhir::validate

#include "mappings/engine/date_format.h"

#include <cctype>

#include <fmt/format.h>

namespace kap::mappings {
namespace {

using fhir::definitions::Primitive;

struct Parts {
  std::string year, month, day, hour, minute, second, fraction, offset;
  int half = -1;  // 0: AM, 1: PM
};

class Reader {
 public:
  Reader(std::string_view text, std::string_view format) : text_(text), format_(format) {}

  bool run(Parts& out) {
    while (!format_.empty()) {
      const char code = format_.front();
      std::size_t count = 1;
      while (count < format_.size() && format_[count] == code) ++count;
      if (!part(code, count, out)) return false;
      format_.remove_prefix(count);
    }
    return text_.empty();
  }

 private:
  bool digits(std::size_t least, std::size_t most, std::size_t width, std::string& out) {
    std::size_t n = 0;
    while (n < text_.size() && n < most && std::isdigit(static_cast<unsigned char>(text_[n]))) ++n;
    if (n < least) return false;
    out = std::string(width > n ? width - n : 0, '0') + std::string(text_.substr(0, n));
    text_.remove_prefix(n);
    return true;
  }

  bool part(char code, std::size_t count, Parts& out) {
    const std::size_t most = count == 1 ? 2 : count;
    switch (code) {
      case 'y':
        return count == 4 && digits(4, 4, 4, out.year);
      case 'M':
        return count <= 2 && digits(count, most, 2, out.month);
      case 'd':
        return count <= 2 && digits(count, most, 2, out.day);
      case 'H':
      case 'h':
        return count <= 2 && digits(count, most, 2, out.hour);
      case 'm':
        return count <= 2 && digits(count, most, 2, out.minute);
      case 's':
        return count <= 2 && digits(count, most, 2, out.second);
      case 'S':
        return digits(count, count, count, out.fraction);
      case 'a':
        return half(out);
      case 'Z':
        return offset(out);
      default:
        break;
    }
    if (!text_.starts_with(format_.substr(0, count))) return false;
    text_.remove_prefix(count);
    return true;
  }

  bool half(Parts& out) {
    if (text_.empty()) return false;
    const char c = static_cast<char>(std::toupper(static_cast<unsigned char>(text_.front())));
    if (c != 'A' && c != 'P') return false;
    out.half = c == 'P' ? 1 : 0;
    text_.remove_prefix(
        text_.size() > 1 && std::toupper(static_cast<unsigned char>(text_[1])) == 'M' ? 2 : 1);
    return true;
  }

  bool offset(Parts& out) {
    if (text_.starts_with('Z')) {
      out.offset = "Z";
      text_.remove_prefix(1);
      return true;
    }
    if (text_.size() < 5 || (text_.front() != '+' && text_.front() != '-')) return false;
    const char sign = text_.front();
    text_.remove_prefix(1);
    std::string hour;
    std::string minute;
    if (!digits(2, 2, 2, hour)) return false;
    if (text_.starts_with(':')) text_.remove_prefix(1);
    if (!digits(2, 2, 2, minute)) return false;
    out.offset = fmt::format("{}{}:{}", sign, hour, minute);
    return true;
  }

  std::string_view text_;
  std::string_view format_;
};

}  // namespace

std::optional<std::string> parse_date_format(std::string_view text, std::string_view format,
                                             Primitive wanted) {
  Parts parts;
  if (!Reader(text, format).run(parts)) return std::nullopt;
  if (parts.half >= 0) {
    const int hour = parts.hour.empty() ? 0 : std::stoi(parts.hour);
    if (hour < 1 || hour > 12) return std::nullopt;
    parts.hour = fmt::format("{:02}", hour % 12 + 12 * parts.half);
  }
  std::string date = parts.year;
  if (!parts.month.empty()) date += '-' + parts.month;
  if (!parts.month.empty() && !parts.day.empty()) date += '-' + parts.day;
  std::string time;
  if (!parts.hour.empty()) {
    time = fmt::format("{}:{}:{}", parts.hour, parts.minute.empty() ? "00" : parts.minute,
                       parts.second.empty() ? "00" : parts.second);
    if (!parts.fraction.empty()) time += '.' + parts.fraction;
  }
  if (wanted == Primitive::kTime) return time;
  if (wanted == Primitive::kDate || time.empty()) return date;
  return date + 'T' + time + (parts.offset.empty() ? "Z" : parts.offset);
}

}  // namespace kap::mappings

#include "mappings/engine/clinic_values.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <re2/re2.h>

#include "fhir/path/moment.h"
#include "mappings/engine/canonical.h"

namespace kap::mappings {

using fhir::path::Decimal;
using fhir::path::Moment;
using fhir::path::Precision;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_decimal(std::string_view text) {
  std::size_t digits = 0;
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = i;
  for (; i < text.size() && is_digit(text[i]); ++i) ++digits;
  if (i == whole || (text[whole] == '0' && i - whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    const std::size_t fraction = ++i;
    for (; i < text.size() && is_digit(text[i]); ++i) ++digits;
    if (i == fraction) return false;
  }
  return i == text.size() && digits <= 18;
}

bool is_id(std::string_view text, std::size_t most, bool capitals) {
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (capitals && c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool is_plain_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
  });
}

}  // namespace

bool has_format(ClinicFormat format, std::string_view text) {
  switch (format) {
    case ClinicFormat::kNone:
      return true;
    case ClinicFormat::kDecimal:
      return is_decimal(text);
    case ClinicFormat::kDate:
      return Moment::parse_date(text).has_value();
    case ClinicFormat::kFullDate:
      return text.size() == 10 && Moment::parse_date(text).has_value();
    case ClinicFormat::kDateTime: {
      const auto moment = Moment::parse_date_time(text);
      return moment && moment->precision >= Precision::kSecond && moment->has_offset;
    }
    case ClinicFormat::kRecordId:
      return is_id(text, 36, true);
    case ClinicFormat::kItemId:
      return is_id(text, 16, false);
    case ClinicFormat::kText:
      return is_plain_text(text);
    case ClinicFormat::kUcum:
      return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
  }
  return false;
}

std::string_view describe(ClinicFormat format) {
  switch (format) {
    case ClinicFormat::kNone:
      return "a text";
    case ClinicFormat::kDecimal:
      return "a decimal such as 0.50, without exponent, at most 18 digits";
    case ClinicFormat::kDate:
      return "a date: YYYY, YYYY-MM or YYYY-MM-DD";
    case ClinicFormat::kFullDate:
      return "a date: YYYY-MM-DD";
    case ClinicFormat::kDateTime:
      return "a time with seconds and an offset, such as 2026-03-08T01:45:00-05:00";
    case ClinicFormat::kRecordId:
      return "a record id: [A-Za-z0-9-]{1,36}";
    case ClinicFormat::kItemId:
      return "an item id: [a-z0-9-]{1,16}";
    case ClinicFormat::kText:
      return "text without control characters";
    case ClinicFormat::kUcum:
      return "a UCUM unit";
  }
  return "";
}

bool matches(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string plain_text(const ClinicField& field, const WireSlot& value) {
  if (field.kind == ClinicKind::kString) return {value.text, value.size};
  return fmt::format("{}", value.number);
}

std::optional<int> compare_times(std::string_view left, std::string_view right) {
  const auto sign = [](auto a, auto b) { return a < b ? -1 : (a > b ? 1 : 0); };
  const bool left_time = left.find('T') != std::string_view::npos;
  const bool right_time = right.find('T') != std::string_view::npos;
  if (left_time && right_time) {
    const auto a = Moment::parse_date_time(left);
    const auto b = Moment::parse_date_time(right);
    // A time without offset has broken its own rule; it orders nothing.
    if (!a || !b || !a->has_offset || !b->has_offset) return std::nullopt;
    return sign(a->first_millisecond(), b->first_millisecond());
  }
  const std::string_view a = left.substr(0, 10);
  const std::string_view b = right.substr(0, 10);
  const std::size_t common = std::min(a.size(), b.size());
  return sign(a.substr(0, common).compare(b.substr(0, common)), 0);
}

std::string value_set_url(std::string_view id) {
  return fmt::format("{}/ValueSet/{}", kCanonicalBase, id);
}

namespace {

/// 10 of an answer to `phq9-10`; 0 where the item has no number.
std::uint32_t item_number(const WireMessage& answer) {
  const ClinicField* field = answer.type->find_proto("item");
  if (field == nullptr || !answer.slot(*field).present) return 0;
  const WireSlot& slot = answer.slot(*field);
  const std::string_view item(slot.text, slot.size);
  const std::size_t dash = item.find_last_of('-');
  std::uint32_t number = 0;
  if (dash != std::string_view::npos) {
    std::from_chars(item.data() + dash + 1, item.data() + item.size(), number);
  }
  return number;
}

}  // namespace

std::vector<ScoreFinding> check_score(const ClinicScore& rule, const ClinicScoreFields& fields,
                                      const WireMessage& at) {
  std::vector<ScoreFinding> out;
  const WireSlot& answers = at.slot(*fields.answers);
  std::int64_t sum = 0;
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < answers.size; ++i) {
    const WireMessage& answer = *answers.items[i].message;
    const WireSlot& value = answer.slot(*fields.value);
    if (!value.present) continue;
    if (value.number < rule.item_min || value.number > rule.item_max) {
      out.push_back(
          {.message = &answer,
           .field = fields.value,
           .what = fmt::format("{} must be {} to {}", value.number, rule.item_min, rule.item_max)});
    }
    // An item beyond the instrument's own, such as the PHQ-9's difficulty, does not count.
    if (item_number(answer) > rule.items) continue;
    sum += value.number;
    ++count;
  }
  const WireSlot& total = at.slot(*fields.total);
  if (!total.present) return out;
  const auto stated = Decimal::parse({total.text, total.size});
  if (!stated) return out;
  const auto add = [&](std::string what) {
    out.push_back({.message = nullptr, .field = fields.total, .what = std::move(what)});
  };
  if (rule.method == ClinicScore::Method::kNone) {
    add("the instrument has no total");
    return out;
  }
  if (*stated < Decimal(rule.total_min) || *stated > Decimal(rule.total_max)) {
    add(fmt::format("the total must be {} to {}", rule.total_min, rule.total_max));
    return out;
  }
  if (count != rule.items || !out.empty()) return out;
  if (rule.method == ClinicScore::Method::kSum && *stated != Decimal(sum)) {
    add(fmt::format("the total is {}, its answers add up to {}", stated->text(), sum));
  }
  if (rule.method == ClinicScore::Method::kMean) {
    const auto mean = divide(Decimal(sum), Decimal(count));
    const auto rounded =
        mean ? mean->rescaled(stated->scale(), Decimal::Rounding::kHalfAwayFromZero) : std::nullopt;
    if (rounded && *rounded != *stated) {
      add(fmt::format("the total is {}, the mean of its answers is {}", stated->text(),
                      rounded->text()));
    }
  }
  return out;
}

}  // namespace kap::mappings

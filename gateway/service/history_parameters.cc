#include "gateway/service/history_parameters.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "fhir/path/moment.h"
#include "gateway/service/search_type.h"

namespace kap::gateway::service {
namespace {

using fhir::path::Moment;

std::unexpected<Outcome> refuse(IssueType code, std::string reason, std::string_view parameter) {
  return fail(Category::kInvalidRequest, code, std::move(reason), std::string(parameter));
}

Instant to_instant(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

Result<std::size_t> parse_count(std::string_view text) {
  std::size_t count = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, count);
  const bool is_number = at == end && !text.empty();
  if (is_number && error == std::errc::result_out_of_range) return limits::kSearchMaxCount;
  if (!is_number || error != std::errc{})
    return refuse(IssueType::kValue, "expected a whole number, 0 or more", "_count");
  return std::min(count, limits::kSearchMaxCount);
}

Result<Instant> parse_since(std::string_view text) {
  const auto moment = Moment::parse_date_time(text);
  if (!moment || !moment->has_offset || moment->precision < fhir::path::Precision::kSecond)
    return refuse(IssueType::kValue,
                  "expected an instant with seconds and an offset, such as 2026-11-24T08:16:15Z; "
                  "a + of an offset is written %2B in a URL",
                  "_since");
  return to_instant(moment->first_millisecond());
}

/// The span of a date or time; two of them with `ge`/`gt` and `le`/`lt` bound a period.
Status narrow(store::Period& period, std::string_view text) {
  std::string_view prefix;
  if (text.size() > 2 && text[0] >= 'a' && text[0] <= 'z') {
    prefix = text.substr(0, 2);
    text.remove_prefix(2);
  }
  auto moment = Moment::parse_date_time(text);
  if (!moment) moment = Moment::parse_date(text);
  static constexpr std::string_view kKnown[] = {"", "eq", "ge", "gt", "le", "lt"};
  if (!moment || std::ranges::find(kKnown, prefix) == std::end(kKnown))
    return refuse(IssueType::kValue,
                  "expected a date or time such as 2026-11 or 2026-11-24T08:16:15Z, or the bounds "
                  "of a period: _at=ge2026-11-01&_at=le2026-11-24",
                  "_at");
  const auto first = to_instant(moment->first_millisecond());
  const auto end = to_instant(moment->end_millisecond());
  if (prefix.empty() || prefix == "eq" || prefix == "ge")
    period.first = std::max(period.first, first);
  if (prefix == "gt") period.first = std::max(period.first, end);
  if (prefix.empty() || prefix == "eq" || prefix == "le") period.end = std::min(period.end, end);
  if (prefix == "lt") period.end = std::min(period.end, first);
  return {};
}

Status add_at(HistoryParameters& out, std::string_view text) {
  // The years that a FHIR date can hold, a day to spare.
  static constexpr auto kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
  static constexpr auto kEnd = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 2);
  if (!out.at) out.at = store::Period{.first = Instant(kFirst), .end = Instant(kEnd)};
  KAP_CHECK_OK(narrow(*out.at, text));
  if (out.at->first < out.at->end) return {};
  return refuse(IssueType::kValue, "the period is empty: it ends before it begins", "_at");
}

Status add(HistoryParameters& out, std::string_view name, std::string_view value) {
  if (name == "_count") {
    KAP_TRY(out.count, parse_count(value));
  } else if (name == "_since") {
    KAP_TRY(out.since, parse_since(value));
  } else if (name == "_at") {
    KAP_CHECK_OK(add_at(out, value));
  } else if (name == kCursorParameter) {
    out.cursor = value;
  } else if (name == "_sort") {
    if (value != "-_lastUpdated")
      return refuse(IssueType::kNotSupported,
                    "a history is sorted newest first; the only value taken is -_lastUpdated",
                    name);
  } else {
    return refuse(IssueType::kNotSupported,
                  "a history takes _count, _since, _at and _sort=-_lastUpdated", name);
  }
  return {};
}

}  // namespace

Result<HistoryParameters> parse_history_parameters(
    std::span<const std::pair<std::string, std::string>> parameters) {
  HistoryParameters out;
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : parameters) {
    if (name == "_format" || name == "_pretty") continue;
    if (name != "_at" && std::ranges::find(seen, name) != seen.end())
      return refuse(IssueType::kInvalid, "this parameter is given twice; give it once", name);
    seen.push_back(name);
    KAP_CHECK_OK(add(out, name, value));
    if (name != "_count" && name != kCursorParameter) out.repeated.emplace_back(name, value);
  }
  return out;
}

}  // namespace kap::gateway::service

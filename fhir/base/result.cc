#include "fhir/base/result.h"

#include <fmt/format.h>

#include <array>

namespace kap {

std::string_view to_code(IssueSeverity severity) {
  static constexpr std::array<std::string_view, 4> kCodes = {"fatal", "error", "warning",
                                                             "information"};
  return kCodes[static_cast<std::size_t>(severity)];
}

std::string_view to_code(IssueType type) {
  static constexpr std::array<std::string_view, 31> kCodes = {
      "invalid",       "structure", "required",         "value",         "invariant",  "security",
      "login",         "unknown",   "expired",          "forbidden",     "suppressed", "processing",
      "not-supported", "duplicate", "multiple-matches", "not-found",     "deleted",    "too-long",
      "code-invalid",  "extension", "too-costly",       "business-rule", "conflict",   "transient",
      "lock-error",    "no-store",  "exception",        "timeout",       "incomplete", "throttled",
      "informational"};
  static_assert(kCodes.size() == static_cast<std::size_t>(IssueType::kInformational) + 1);
  return kCodes[static_cast<std::size_t>(type)];
}

std::string Outcome::summary() const {
  std::string text;
  for (const Issue& issue : issues_) {
    if (!text.empty()) text += "; ";
    if (issue.position)
      text += fmt::format("{}:{}: ", issue.position->line, issue.position->column);
    if (!issue.expression.empty()) text += issue.expression + ": ";
    text += issue.diagnostics;
  }
  return text;
}

}  // namespace kap

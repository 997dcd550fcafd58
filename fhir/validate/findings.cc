#include "fhir/validate/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir/validate/position.h"

namespace kap::fhir::validate {
namespace {

constexpr std::size_t kMaxMemberName = 64;
/// The text is read again for each finding; of a bigger one the path must do.
constexpr std::size_t kMaxPositionText = std::size_t{1} << 20U;

void append_path(const Place& place, std::string& out) {
  if (place.parent != nullptr) {
    append_path(*place.parent, out);
    out.push_back('.');
  }
  out.append(place.name);
  if (place.index != Place::kNoIndex) fmt::format_to(std::back_inserter(out), "[{}]", place.index);
  if (!place.of_type.empty()) out.append(".ofType(").append(place.of_type).append(")");
}

/// A name that could be one of FHIR's; any other text may be data in the wrong place.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxMemberName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string path_of(const Place& place) {
  std::string path;
  append_path(place, path);
  return path;
}

void Findings::add(IssueType code, const Place& place, std::string diagnostics) {
  add(Rule{.code = code, .constraint = {}, .profile = {}}, place, std::move(diagnostics));
}

void Findings::add(const Rule& rule, const Place& place, std::string diagnostics) {
  if (!is_full()) add_issue(rule, place, {}, path_of(place), std::move(diagnostics));
}

void Findings::add(IssueType code, const Place& parent, std::string_view member,
                   std::string diagnostics) {
  if (is_full()) return;
  std::string path = path_of(parent);
  if (is_plain_name(member)) path.append(".").append(member);
  add_issue(Rule{.code = code, .constraint = {}, .profile = {}}, parent, member, std::move(path),
            std::move(diagnostics));
}

void Findings::add_issue(const Rule& rule, const Place& place, std::string_view member,
                         std::string expression, std::string diagnostics) {
  const IssueSeverity severity = std::max(rule.severity, most_);
  const bool is_error = severity <= IssueSeverity::kError;
  if (!is_error && findings_.size() - errors_ >= max_issues_) return;
  if (is_error) ++errors_;
  Finding finding{.issue = {.severity = severity,
                            .code = rule.code,
                            .diagnostics = std::move(diagnostics),
                            .expression = std::move(expression),
                            .position = {}},
                  .constraint = rule.constraint,
                  .profile = rule.profile};
  if (!source_.empty() && source_.size() <= kMaxPositionText) {
    finding.issue.position = find_position(source_, place, member);
  }
  findings_.push_back(std::move(finding));
}

std::vector<Finding> Findings::take_findings() {
  if (is_full() && !findings_.empty()) {
    findings_.back().issue.diagnostics.append("; checking stopped here, there may be more");
  }
  return std::move(findings_);
}

std::vector<Issue> Findings::take() {
  std::vector<Issue> issues;
  for (Finding& finding : take_findings()) issues.push_back(std::move(finding.issue));
  return issues;
}

}  // namespace kap::fhir::validate

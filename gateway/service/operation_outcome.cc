#include "gateway/service/operation_outcome.h"

#include <fmt/format.h>

#include <string_view>

#include "fhir/json/print.h"

namespace kap::gateway::service {
namespace {

void add_issue(const Issue& issue, std::string& out) {
  out += R"({"severity":")";
  out += to_code(issue.severity);
  out += R"(","code":")";
  out += to_code(issue.code);
  out += '"';
  auto diagnostics = issue.diagnostics;
  if (issue.position)
    diagnostics +=
        fmt::format(" (line {}, column {})", issue.position->line, issue.position->column);
  if (!diagnostics.empty()) {
    out += R"(,"diagnostics":)";
    fhir::json::print_string(diagnostics, out);
  }
  if (!issue.expression.empty()) {
    out += R"(,"expression":[)";
    fhir::json::print_string(issue.expression, out);
    out += ']';
  }
  out += '}';
}

}  // namespace

std::string encode_operation_outcome(std::span<const Issue> issues) {
  std::string out = R"({"resourceType":"OperationOutcome","issue":[)";
  bool is_first = true;
  for (const auto& issue : issues) {
    if (!is_first) out += ',';
    is_first = false;
    add_issue(issue, out);
  }
  out += "]}";
  return out;
}

std::string encode_operation_outcome(const Outcome& outcome) {
  return encode_operation_outcome(outcome.issues());
}

std::string encode_outcome_lines(std::span<const Issue> issues) {
  std::string out;
  for (const Issue& issue : issues) out += encode_operation_outcome({&issue, 1}) + "\n";
  return out;
}

}  // namespace kap::gateway::service

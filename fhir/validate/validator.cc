#include "fhir/validate/validator.h"

#include <algorithm>
#include <utility>

#include "fhir/validate/definitions.h"
#include "fhir/validate/inspection.h"
#include "fhir/validate/structure.h"
#include "fhir/validate/walk.h"

namespace kap::fhir::validate {

bool Report::has_errors() const {
  return std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.issue.severity <= IssueSeverity::kError;
  });
}

Outcome Report::to_outcome() const {
  std::vector<Issue> errors;
  for (const Finding& finding : findings) {
    if (finding.issue.severity <= IssueSeverity::kError) errors.push_back(finding.issue);
  }
  return {Category::kUnprocessable, std::move(errors)};
}

Validator::Validator(ValidatorOptions options)
    : definitions_(std::make_unique<const Definitions>(std::move(options))) {}
Validator::~Validator() = default;
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;

Report Validator::validate(const json::Document& document, const ValidateOptions& options) const {
  return validate(document.root, options);
}

Report Validator::validate(const json::Value& resource, const ValidateOptions& options) const {
  Findings findings(options.max_issues, options.source);
  if (options.mode == Mode::kDelete) return {};
  const Options structure{.max_issues = options.max_issues, .source = options.source};
  Walk walk(structure, findings);
  walk.resource(resource, Place{.parent = nullptr, .name = "Resource", .of_type = {}},
                Walk::Position::kRoot);
  if (options.mode == Mode::kUpdate && resource.string("id").empty()) {
    findings.add(IssueType::kRequired,
                 Place{.parent = nullptr, .name = resource.string("resourceType"), .of_type = {}},
                 "id", "an update needs the id of what it updates");
  }
  if (resource.is_object()) Inspection(*definitions_, options, findings).root(resource);
  return {.findings = findings.take_findings()};
}

}  // namespace kap::fhir::validate

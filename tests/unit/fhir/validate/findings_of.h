#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/validate/validator.h"

namespace kap::fhir::validate {

/// `severity code expression constraint` of each finding, the last where it has one.
inline std::vector<std::string> findings_of(const Validator& validator, std::string_view text,
                                            const ValidateOptions& options = {}) {
  const auto document = json::parse(text);
  EXPECT_TRUE(document) << document.error().summary();
  std::vector<std::string> lines;
  for (const Finding& finding : validator.validate(*document, options).findings) {
    std::string line(to_code(finding.issue.severity));
    line.append(" ").append(to_code(finding.issue.code)).append(" ");
    line.append(finding.issue.expression);
    if (!finding.constraint.empty()) line.append(" ").append(finding.constraint);
    lines.push_back(std::move(line));
  }
  return lines;
}

/// The errors among them, without the word.
inline std::vector<std::string> errors_of(const Validator& validator, std::string_view text,
                                          const ValidateOptions& options = {}) {
  std::vector<std::string> errors;
  for (const std::string& line : findings_of(validator, text, options)) {
    if (line.starts_with("error ")) errors.push_back(line.substr(6));
  }
  return errors;
}

}  // namespace kap::fhir::validate

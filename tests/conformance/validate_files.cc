#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/validate/validator.h"

/// Our side of the comparison with the official validation library: says of every resource what the
/// gateway's validator says, in the lines that ValidateFiles.java prints.
namespace kap::conformance {
namespace {

std::string_view severity_word(IssueSeverity severity) {
  switch (severity) {
    case IssueSeverity::kFatal:
      return "fatal";
    case IssueSeverity::kError:
      return "error";
    case IssueSeverity::kWarning:
      return "warning";
    case IssueSeverity::kInformation:
      return "information";
  }
  return "error";
}

void print_member(std::string_view name, std::string_view text, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", name);
  fhir::json::print_string(text, out);
}

std::vector<Issue> check(const fhir::validate::Validator& validator, std::string_view text) {
  const auto document = fhir::json::parse(text);
  if (!document) return {document.error().issues().begin(), document.error().issues().end()};
  std::vector<Issue> issues;
  for (auto& finding : validator.validate(*document).findings) {
    issues.push_back(std::move(finding.issue));
  }
  return issues;
}

void validate(const fhir::validate::Validator& validator, const std::string& name,
              std::string_view text) {
  const auto issues = check(validator, text);
  std::string line = "{";
  print_member("name", name, line);
  line += ",\"issues\":[";
  std::string_view comma;
  for (const auto& issue : issues) {
    line += comma;
    comma = ",";
    line += '{';
    print_member("severity", severity_word(issue.severity), line);
    line += ',';
    print_member("path", issue.expression, line);
    line += ',';
    print_member("message", issue.diagnostics, line);
    line += '}';
  }
  line += "]}\n";
  std::cout << line;
}

void validate_path(const fhir::validate::Validator& validator, const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      // A package's own manifest is the one file in it that is no resource.
      const bool is_resource =
          entry.path().extension() == ".json" && entry.path().filename() != "package.json";
      if (is_resource) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files) validate_path(validator, file);
    return;
  }
  std::ifstream file(path);
  if (path.extension() != ".ndjson") {
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    validate(validator, path.filename().string(), text);
    return;
  }
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (!line.empty())
      validate(validator, fmt::format("{}:{}", path.filename().string(), number), line);
  }
}

}  // namespace
}  // namespace kap::conformance

/// Arguments: PATH..., each a folder of JSON files, a JSON file or an NDJSON file.
int main(int argc, char** argv) {
  const std::vector<std::string> paths(argv + 1, argv + argc);
  const kap::fhir::validate::Validator validator;
  for (const auto& path : paths) kap::conformance::validate_path(validator, path);
}

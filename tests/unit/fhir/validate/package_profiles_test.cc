#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "fhir/definitions/generator/archive.h"
#include "fhir/json/parse.h"
#include "fhir/validate/validator.h"

/// Everything in the official packages against R4, its profiles and the extensions it uses.
namespace kap::fhir::validate {
namespace {

namespace fs = std::filesystem;

fs::path shared_folder() {
  const char* named = std::getenv("KAP_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(KAP_SOURCE_DIR) / "../shared";
}

/// The rule that a finding comes from: `sdf-4`, `extension regex`, `value CapabilityStatement`.
std::string rule_of(const Finding& finding) {
  if (!finding.constraint.empty()) return std::string(finding.constraint);
  const std::string_view profile = finding.profile.substr(finding.profile.rfind('/') + 1);
  std::string rule(to_code(finding.issue.code));
  return rule.append(" ").append(
      profile.empty() ? finding.issue.expression.substr(0, finding.issue.expression.find('.'))
                      : std::string(profile));
}

std::set<std::string> rules_broken_in(const fs::path& tgz) {
  static const Validator kValidator;
  std::set<std::string> broken;
  const Status read = definitions::generator::for_each_file(
      tgz.string(), [&](std::string_view path, std::string_view bytes) -> Status {
        const bool is_resource =
            path.ends_with(".json") && path.find("/openapi/") == std::string_view::npos &&
            path.find("/other/") == std::string_view::npos && !path.ends_with("/.index.json");
        const auto document = json::parse(is_resource ? bytes : "{}");
        if (!document || document->root.find("resourceType") == nullptr) return {};
        for (const Finding& finding : kValidator.validate(*document).findings) {
          if (finding.issue.severity <= IssueSeverity::kError) broken.insert(rule_of(finding));
        }
        return {};
      });
  EXPECT_TRUE(read) << read.error().summary();
  return broken;
}

struct Case {
  const char* package;
  std::set<std::string> broken;
};

class PackageProfiles : public testing::TestWithParam<Case> {};

TEST_P(PackageProfiles, AreBrokenOnlyWhereThePackageIsWrong) {
  const fs::path tgz = shared_folder() / "fhir-packages" / GetParam().package;
  if (!fs::exists(tgz)) GTEST_SKIP() << tgz << " is not there (KAP_SHARED)";
  EXPECT_EQ(rules_broken_in(tgz), GetParam().broken);
}

// Faults that the published packages do have, and that the official validator finds as well.
INSTANTIATE_TEST_SUITE_P(
    All, PackageProfiles,
    testing::Values(
        Case{.package = "hl7.fhir.r4.core-4.0.1.tgz",
             .broken = {"extension regex",                      // on a type's code
                        "extension valueset-concept-comments",  // in a CodeSystem
                        "required SearchParameter",             // ten that apply to nothing
                        "sdf-19",                               // types of other models
                        "sdf-4",                                // abstract patterns without a base
                        "value CapabilityStatement",            // relative canonical URLs
                        "value OperationDefinition",            // the same
                        "value SearchParameter",                // an id of more than 64 characters
                        "value StructureDefinition",            // relative canonical URLs
                        "value ValueSet"}},                     // a system with |version
        Case{.package = "hl7.fhir.us.core-6.1.0.tgz",
             .broken = {"extension capabilitystatement-expectation",  // wider than R4 lets it
                        "invalid Bundle"}},                           // fullUrl of another id
        Case{.package = "hl7.fhir.us.core-7.0.0.tgz",
             .broken = {"code-invalid structuredefinition-wg",        // a later work group
                        "extension capabilitystatement-expectation",  // wider than R4 lets it
                        "value ValueSet"}}),                          // a system with |version
    [](const auto& info) { return "Package" + std::to_string(info.index); });

}  // namespace
}  // namespace kap::fhir::validate

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "fhir/definitions/generator/archive.h"
#include "fhir/json/parse.h"
#include "fhir/validate/structure.h"

namespace kap::fhir::validate {
namespace {

namespace fs = std::filesystem;

/// `file: code expression` of everything that was found, lists without their indexes.
using Found = std::set<std::string>;

fs::path shared_folder() {
  const char* named = std::getenv("KAP_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(KAP_SOURCE_DIR) / "../shared";
}

std::string without_indexes(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) out.push_back(c);
    if (c == ']') inside = false;
  }
  return out;
}

void check(const std::string& name, std::string_view text, Found& found, int& checked) {
  const auto document = json::parse(text);
  ASSERT_TRUE(document) << name << ": " << document.error().summary();
  if (document->root.find("resourceType") == nullptr) return;
  ++checked;
  for (const Issue& issue : validate_structure(document->root)) {
    found.insert(name + ": " + std::string(to_code(issue.code)) + " " +
                 without_indexes(issue.expression));
  }
}

/// Everything of a package that is a resource: its definitions and its examples.
void check_package(const fs::path& tgz, Found& found, int& checked) {
  const Status read = definitions::generator::for_each_file(
      tgz.string(), [&](std::string_view path, std::string_view bytes) -> Status {
        const bool is_resource =
            path.ends_with(".json") && path.find("/openapi/") == std::string_view::npos &&
            path.find("/other/") == std::string_view::npos && !path.ends_with("/.index.json");
        if (is_resource)
          check(std::string(path.substr(path.rfind('/') + 1)), bytes, found, checked);
        return {};
      });
  ASSERT_TRUE(read) << read.error().summary();
}

class Packages : public testing::TestWithParam<const char*> {};

TEST_P(Packages, HaveNoFalseFindings) {
  const fs::path tgz = shared_folder() / "fhir-packages" / GetParam();
  if (!fs::exists(tgz)) GTEST_SKIP() << tgz << " is not there (KAP_SHARED)";
  Found found;
  int checked = 0;
  check_package(tgz, found, checked);
  EXPECT_GT(checked, 10);
  // The published package does have these faults: ten parameters that apply to nothing, and an id
  // of more than 64 characters.
  std::erase_if(found, [](const std::string& line) {
    return line.find("-extensions-") != std::string::npos &&
           line.ends_with(": required SearchParameter.base");
  });
  std::erase_if(found, [](const std::string& line) {
    return line.ends_with(": value SearchParameter.id") && line.find(": ") - 16 - 5 > 64;
  });
  // Canonical URLs that are relative.
  std::erase_if(found, [](const std::string& line) {
    return line.ends_with(".definition") || line.ends_with("rest.resource.profile") ||
           line.ends_with("constraint.source") || line.ends_with("OperationDefinition.base");
  });
  EXPECT_THAT(found, testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, Packages,
                         testing::Values("hl7.fhir.r4.core-4.0.1.tgz", "hl7.fhir.us.core-6.1.0.tgz",
                                         "hl7.fhir.us.core-7.0.0.tgz"));

TEST(Examples, OfTheFhirPathSuiteHaveTheFaultsTheyHave) {
  const fs::path input = shared_folder() / "test-suites/fhirpath-r4/input";
  if (!fs::exists(input)) GTEST_SKIP() << input << " is not there (KAP_SHARED)";
  Found found;
  int checked = 0;
  for (const auto& entry : fs::directory_iterator(input)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    check(entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(file), {}),
          found, checked);
  }
  EXPECT_GT(checked, 5);
  // That suite keeps resources of earlier versions; what R4 says of them is known line by line.
  const std::string eob = "explanationofbenefit-example.json: required ExplanationOfBenefit.";
  const std::string container =
      "patient-container-example.json: value Patient.managingOrganization.";
  const std::string period = "patient-example-period.json: structure Patient.";
  EXPECT_EQ(found,
            (Found{eob + "created", eob + "insurance", eob + "insurer",
                   eob + "item.productOrService", eob + "outcome", eob + "patient",
                   eob + "provider", eob + "status", eob + "type", eob + "use",
                   container + "reference", period + "contact.name.family.extension.fhir_comments",
                   period + "contact.period.start.fhir_comments", period + "gender.fhir_comments",
                   period + "identifier.fhir_comments", period + "name.fhir_comments",
                   period + "name.use.fhir_comments",
                   "patient-name-extensions.json: structure Patient.name.given"}));
}

}  // namespace
}  // namespace kap::fhir::validate

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fhir/json/parse.h"
#include "fhir/validate/structure.h"

namespace kap::fhir::validate {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path shared_folder() {
  const char* named = std::getenv("KAP_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(KAP_SOURCE_DIR) / "../shared";
}

TEST(Examples, OfTheFhirPathSuiteHaveNoFault) {
  const fs::path input = shared_folder() / "test-suites/fhirpath-r4/input";
  if (!fs::exists(input)) GTEST_SKIP() << input << " is not there (KAP_SHARED)";
  int checked = 0;
  for (const auto& entry : fs::directory_iterator(input)) {
    if (entry.path().extension() != ".json") continue;
    const auto document = json::parse(bytes_of(entry.path()));
    ASSERT_TRUE(document) << entry.path() << document.error().summary();
    for (const Issue& issue : validate_structure(document->root)) {
      ADD_FAILURE() << entry.path().filename() << ": " << issue.expression << ": "
                    << issue.diagnostics;
    }
    ++checked;
  }
  EXPECT_GT(checked, 5);
}

}  // namespace
}  // namespace kap::fhir::validate

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/patch/json_patch.h"
#include "fhir/patch/same_value.h"

/// The JSON Patch test suite of FHIR/fhir-test-cases, read where it stands.
namespace kap::fhir::patch {
namespace {

/// Cases that are not run, by their comment, each with its reason.
const std::map<std::string, std::string, std::less<>> kSkipped{};

std::string read_suite() {
  const char* shared = std::getenv("KAP_SHARED");
  const std::filesystem::path root =
      shared != nullptr ? shared : std::string(KAP_SOURCE_DIR) + "/../shared";
  std::ifstream in(root / "test-suites/patch-r4/json-patch-tests.json", std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Empty when the case passes, else what went wrong.
std::string run(const json::Value& test) {
  json::Document patch;
  patch.root = patch.clone(*test.find("patch"));
  const bool must_fail = test.find("error") != nullptr;
  const auto parsed = JsonPatch::parse(std::move(patch));
  if (!parsed.has_value()) return must_fail ? "" : parsed.error().summary();
  const auto patched = parsed->apply(*test.find("doc"), Empties::kKeep);
  if (!patched.has_value()) return must_fail ? "" : patched.error().summary();
  if (must_fail) return "an error was expected: " + std::string(test.string("error"));
  if (is_same_value(patched->root, *test.find("expected"))) return {};
  return "yields " + json::to_text(patched->root);
}

TEST(JsonPatchSuite, R4) {
  const std::string text = read_suite();
  if (text.empty()) GTEST_SKIP() << "no test suite; KAP_SHARED names the folder that holds it";
  const auto suite = json::parse(text);
  ASSERT_TRUE(suite.has_value());
  int passed = 0;
  int skipped = 0;
  int all = 0;
  for (const json::Value& test : suite->root.items()) {
    ++all;
    const std::string name(test.string("comment"));
    if (kSkipped.contains(name)) {
      ++skipped;
      continue;
    }
    const std::string problem = run(test);
    EXPECT_EQ(problem, "") << name;
    if (problem.empty()) ++passed;
  }
  std::cout << "JSON Patch suite: " << passed << " of " << all << " passed, " << skipped
            << " skipped\n";
  RecordProperty("passed", passed);
  RecordProperty("cases", all);
  EXPECT_EQ(all, 16);
}

}  // namespace
}  // namespace kap::fhir::patch

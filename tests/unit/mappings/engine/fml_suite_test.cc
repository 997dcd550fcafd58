// The public FML cases of FHIR/fhir-test-cases, read from the shared folder.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  const char* shared = std::getenv("KAP_SHARED");
  return (shared != nullptr ? fs::path(shared) : fs::path(KAP_SOURCE_DIR) / "../shared") /
         "test-suites/fml";
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Runs a map over a resource; the result or the first problem as text.
std::string run(const std::string& map, const std::string& source) {
  Diagnostics diagnostics;
  // What the suite's maps rely on: a list may go into an element that holds one value as long as
  // the instance has one.
  CompileOptions options;
  options.strictness = CompileOptions::Strictness::kSpecification;
  const auto mapper =
      Mapper::make({{.file = map, .text = read(folder() / map)}}, {}, options, diagnostics);
  if (!mapper) return diagnostics.render();
  const auto document = fhir::json::parse(source);
  if (!document.has_value()) return "source: " + document.error().summary();
  const auto result = mapper->map_resource(mapper->map_urls().front(), document->root, {});
  return result.has_value() ? *result : result.error().summary();
}

bool same_json(const std::string& left, const std::string& right) {
  const auto a = fhir::json::parse(left);
  const auto b = fhir::json::parse(right);
  return a.has_value() && b.has_value() && fhir::json::equal(a->root, b->root);
}

TEST(FmlSuite, CasesOfTheManifest) {
  if (!fs::exists(folder())) GTEST_SKIP() << folder() << " is not there";
  const std::string manifest = read(folder() / "manifest.xml");
  const std::regex one(
      R"re(<test name="([^"]*)" source="([^"]*)" map="([^"]*)" output="([^"]*)")re");
  int passed = 0;
  int skipped = 0;
  for (std::sregex_iterator i(manifest.begin(), manifest.end(), one), end; i != end; ++i) {
    const std::string map = (*i)[3];
    const std::string output = (*i)[4];
    if (output.ends_with(".xml")) {
      ++skipped;  // the target is CDA, which the gateway does not write
      continue;
    }
    const std::string result = run(map, read(folder() / (*i)[2].str()));
    EXPECT_TRUE(same_json(result, read(folder() / output))) << map << ": " << result;
    passed += same_json(result, read(folder() / output)) ? 1 : 0;
  }
  std::cout << "FML cases: " << passed << " passed, " << skipped << " skipped (target is CDA)\n";
  EXPECT_EQ(passed, 6);
  EXPECT_EQ(skipped, 4);
}

TEST(FmlSuite, Cast) {
  if (!fs::exists(folder())) GTEST_SKIP() << folder() << " is not there";
  EXPECT_EQ(
      run("cast.map", R"({"resourceType":"QuestionnaireResponse","id":"1","status":"completed",
      "extension":[{"url":"urn:implicitstring","valueString":"a"},
                   {"url":"urn:explicitstring","valueInteger":3},
                   {"url":"urn:positiveInt","valuePositiveInt":4},
                   {"url":"urn:positiveIntString","valueString":"7"}]})"),
      R"({"resourceType":"Observation","extension":[)"
      R"({"url":"urn:implicitstring","valueString":"a"},)"
      R"({"url":"urn:explicitstring","valueString":"3"},)"
      R"({"url":"urn:positiveInt","valuePositiveInt":4},)"
      R"({"url":"urn:positiveIntString","valuePositiveInt":7}]})");
}

constexpr const char* kStatement =
    R"({"resourceType":"CapabilityStatement","name":"n","title":"t","rest":[{"mode":"server",
        "resource":[{"type":"Patient","interaction":[{"code":"read"},{"code":"vread"}]}]}]})";

TEST(FmlSuite, SyntaxShort) {
  if (!fs::exists(folder())) GTEST_SKIP() << folder() << " is not there";
  EXPECT_EQ(run("syntaxshort.map", kStatement),
            R"({"resourceType":"CapabilityStatement","name":"n","title":"t"})");
}

TEST(FmlSuite, WhereClause) {
  if (!fs::exists(folder())) GTEST_SKIP() << folder() << " is not there";
  EXPECT_EQ(run("whereclause.map", kStatement),
            R"({"resourceType":"CapabilityStatement","rest":[)"
            R"({"resource":[{"interaction":[{"code":"vread"}]}]}]})");
}

TEST(FmlSuite, StrictMapsThatTheSuiteOnlyParses) {
  if (!fs::exists(folder())) GTEST_SKIP() << folder() << " is not there";
  // `identifer` is no element and `r` no variable: the suite checks the syntax alone.
  const std::string syntax = run("syntax.map", "{}");
  EXPECT_NE(syntax.find("M302: Basic has no element `identifer`"), std::string::npos) << syntax;
  EXPECT_NE(syntax.find("is `identifier` meant?"), std::string::npos) << syntax;
  // Its source is an R3 structure and its imports are not in the suite.
  const std::string r3 = run("ActivityDefinition.map", "{}");
  EXPECT_NE(r3.find("M207"), std::string::npos) << r3;
  EXPECT_NE(r3.find("M206"), std::string::npos) << r3;
}

}  // namespace
}  // namespace kap::mappings

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/validate/validator.h"
#include "mappings/engine/builtin.h"

namespace kap::mappings {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> cases() {
  std::vector<std::string> out;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(KAP_SOURCE_DIR) / "tests/golden")) {
    if (entry.path().filename() != "record.json") continue;
    out.push_back(
        fs::relative(entry.path().parent_path(), fs::path(KAP_SOURCE_DIR) / "tests/golden"));
  }
  std::ranges::sort(out);
  return out;
}

const Mapper& mapper() {
  static const Mapper* const made = [] {
    Diagnostics diagnostics;
    auto built = builtin_mapper(diagnostics);
    if (!built) ADD_FAILURE() << diagnostics.render();
    return built ? new Mapper(std::move(*built)) : nullptr;
  }();
  return *made;
}

std::string issues(const Outcome& outcome) {
  std::string out;
  for (const Issue& issue : outcome.issues()) {
    out += issue.expression + ": " + issue.diagnostics + "\n";
  }
  return out;
}

const fhir::validate::Validator& validator() {
  static const fhir::validate::Validator made({.terminology = &mapper().terminology()});
  return made;
}

/// What FHIR R4, US Core and the bindings have against a resource; empty when nothing.
std::string faults(std::string_view json) {
  const auto document = fhir::json::parse(json);
  if (!document) return document.error().summary();
  const auto report = validator().validate(*document, {.source = json});
  if (report.has_errors()) return issues(report.to_outcome());
  // Not an error for what others write, but a code that its system has not is a map's mistake.
  std::string unknown;
  for (const auto& finding : report.findings) {
    if (finding.issue.code != IssueType::kNotFound) continue;
    unknown += finding.issue.expression + ": " + finding.issue.diagnostics + "\n";
  }
  return unknown;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, MapsAsBefore) {
  const fs::path folder = fs::path(KAP_SOURCE_DIR) / "tests/golden" / GetParam();
  const auto bytes = record_from_json(read(folder / "record.json"));
  ASSERT_TRUE(bytes.has_value()) << bytes.error().summary();
  const auto result = mapper().map_to_bundle({}, *bytes, {});
  const bool update = std::getenv("KAP_UPDATE_GOLDEN") != nullptr;
  fs::path expected = folder / "expected.json";
  std::string actual;
  if (result.has_value()) {
    const auto document = fhir::json::parse(*result);
    ASSERT_TRUE(document.has_value()) << document.error().summary();
    actual = fhir::json::to_text(document->root, fhir::json::Layout::kPretty) + "\n";
  } else {
    expected = folder / "refused.txt";
    actual = issues(result.error());
  }
  if (update) {
    fs::remove(folder / "expected.json");
    fs::remove(folder / "refused.txt");
    std::ofstream(expected, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(fs::exists(expected)) << actual;
  EXPECT_EQ(actual, read(expected));
  // What is stored is the same resources one by one.
  if (!result.has_value()) return;
  const auto record = mapper().map_record(*bytes, {});
  ASSERT_TRUE(record.has_value()) << issues(record.error());
  for (const MappedResource& resource : record->resources) {
    const auto body = fhir::json::parse(record->body(resource));
    ASSERT_TRUE(body.has_value()) << resource.type << ": " << body.error().summary();
    EXPECT_EQ(body->root.string("id"), resource.id);
    const std::string_view head = record->body(resource).substr(0, resource.meta_offset);
    EXPECT_TRUE(head.ends_with("\"meta\":{")) << head;
    EXPECT_EQ(faults(record->body(resource)), "") << resource.type << "/" << resource.id;
  }
  // Together, so that what refers to each other is held against the profiles, too.
  EXPECT_EQ(faults(*result), "");
}

INSTANTIATE_TEST_SUITE_P(Maps, Golden, testing::ValuesIn(cases()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Golden);

class Clinic : public testing::TestWithParam<std::string> {};

TEST_P(Clinic, YieldsValidResources) {
  std::ifstream file(GetParam());
  std::string line;
  int checked = 0;
  while (std::getline(file, line)) {
    const auto bytes = record_from_json(line);
    ASSERT_TRUE(bytes.has_value()) << bytes.error().summary();
    const auto record = mapper().map_record(*bytes, {});
    ASSERT_TRUE(record.has_value()) << issues(record.error());
    for (const MappedResource& resource : record->resources) {
      EXPECT_EQ(faults(record->body(resource)), "") << resource.type << "/" << resource.id;
      ++checked;
    }
    const auto bundle = mapper().map_to_bundle({}, *bytes, {});
    ASSERT_TRUE(bundle.has_value()) << issues(bundle.error());
    EXPECT_EQ(faults(*bundle), "");
  }
  EXPECT_GT(checked, 0);
}

std::vector<std::string> clinic_files() {
  std::vector<std::string> out;
  for (const char* folder : {"tests/data/clinic", "tests/data/clinic-west"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(KAP_SOURCE_DIR) / folder)) {
      if (entry.path().extension() == ".ndjson") out.push_back(entry.path());
    }
  }
  std::ranges::sort(out);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Maps, Clinic, testing::ValuesIn(clinic_files()), [](const auto& info) {
  std::string name = fs::path(info.param).parent_path().filename().string() + "_" +
                     fs::path(info.param).stem().string();
  std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(BuiltinMaps, Compile) {
  Diagnostics diagnostics;
  EXPECT_TRUE(builtin_mapper(diagnostics)) << diagnostics.render();
}

}  // namespace
}  // namespace kap::mappings

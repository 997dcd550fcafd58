#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
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
  }
}

INSTANTIATE_TEST_SUITE_P(Maps, Golden, testing::ValuesIn(cases()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Golden);

TEST(BuiltinMaps, Compile) {
  Diagnostics diagnostics;
  EXPECT_TRUE(builtin_mapper(diagnostics)) << diagnostics.render();
}

}  // namespace
}  // namespace kap::mappings

#include "mappings/engine/diagnostics.h"

#include <fstream>
#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace kap::mappings {
namespace {

TEST(Diagnostics, AgreeWithTheirDocumentation) {
  std::ifstream in(std::string(KAP_SOURCE_DIR) + "/docs/mapping-diagnostics.md");
  ASSERT_TRUE(in) << "docs/mapping-diagnostics.md is missing";
  const std::regex row(R"(\| M(\d+) \| ([^|]*) \|.*)");
  std::vector<std::pair<int, std::string>> documented;
  for (std::string line; std::getline(in, line);) {
    std::smatch found;
    if (std::regex_match(line, found, row)) documented.emplace_back(std::stoi(found[1]), found[2]);
  }
  std::vector<std::pair<int, std::string>> listed;
  std::set<int> numbers;
  for (const CodeInfo& info : all_codes()) {
    listed.emplace_back(static_cast<int>(info.code), std::string(info.title));
    EXPECT_TRUE(numbers.insert(static_cast<int>(info.code)).second);
  }
  EXPECT_EQ(documented, listed);
}

TEST(Diagnostics, DrawACaret) {
  Diagnostics all;
  all.add({.code = Code::kUnknownElement,
           .file = "a.fml",
           .span = {.at = {.line = 2, .column = 3}, .length = 4},
           .message = "no",
           .hint = "yes",
           .source_line = "\tx.abcd;"});
  EXPECT_EQ(all.render(),
            "a.fml:2:3: error M302: no\n"
            "    2 | \tx.abcd;\n"
            "      | \t ^~~~\n"
            "      = yes\n");
}

TEST(Diagnostics, FindTheNearestName) {
  const std::string_view names[] = {"identifier", "name", "gender"};
  EXPECT_EQ(nearest("identifer", names), "identifier");
  EXPECT_EQ(nearest("gendr", names), "gender");
  EXPECT_EQ(nearest("completely", names), "");
}

}  // namespace
}  // namespace kap::mappings

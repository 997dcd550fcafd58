#include <gtest/gtest.h>

#include <array>

#include "tests/tidy/rules.h"

/// The rules over the tree itself.
namespace kap::tidy {
namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> kTree = read_tree(KAP_SOURCE_DIR);
  return kTree;
}

// A file stands here only while it is data that a program wrote.
constexpr std::array<Exception, 0> kLongFiles = {};

void expect_none(const std::vector<Finding>& findings) {
  EXPECT_TRUE(findings.empty()) << to_text(findings);
}

TEST(Tree, IsRead) {
  std::size_t sources = 0;
  for (const SourceFile& file : tree()) sources += is_cpp(file.path) ? 1U : 0U;
  EXPECT_GT(sources, 10U);
}
TEST(Tree, IncludesGoOneWay) { expect_none(check_layers(tree(), layers())); }
TEST(Tree, LibrariesStayInTheirFolders) { expect_none(check_libraries(tree(), library_rules())); }
TEST(Tree, HeadersHaveNoCycle) { expect_none(check_header_cycles(tree())); }
TEST(Tree, FoldersHaveNoCycle) { expect_none(check_folder_cycles(tree())); }
TEST(Tree, NoFileIsDead) { expect_none(check_dead_files(tree())); }
TEST(Tree, HeadersAreIncludedOnce) { expect_none(check_pragma_once(tree())); }
TEST(Tree, FunctionsAreShort) { expect_none(check_function_length(tree())); }
TEST(Tree, FilesAreShort) { expect_none(check_file_length(tree(), kLongFiles)); }
TEST(Tree, CoAwaitStandsAlone) { expect_none(check_coroutines(tree())); }
TEST(Tree, ModulesHaveReadmes) { expect_none(check_readmes(tree(), layers())); }
TEST(Tree, NoWordTiesItToAMachine) { expect_none(check_words(tree())); }
TEST(Tree, NoPrivateKey) { expect_none(check_private_keys(tree())); }

}  // namespace
}  // namespace kap::tidy

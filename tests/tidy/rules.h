#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source_tree.h"

/// One function a rule; each looks at the files it is given and returns what it found, so that the
/// same function runs over samples in its own test and over the tree.
namespace kap::tidy {

inline constexpr std::size_t kFunctionLines = 70;
inline constexpr std::size_t kFileLines = 400;
inline constexpr std::size_t kReadmeLines = 40;

/// A row of the design's table: the folder may include itself, what it lists and nothing else.
/// An entry `fhir/*` stands for every folder below `fhir`.
struct Layer {
  std::string_view folder;
  std::vector<std::string_view> may_include;
};
[[nodiscard]] std::span<const Layer> layers();

/// Headers with this prefix may be included only by files in these folders (and by tests).
struct LibraryRule {
  std::string_view prefix;
  std::vector<std::string_view> folders;
};
[[nodiscard]] std::span<const LibraryRule> library_rules();

struct Include {
  std::size_t line = 0;
  std::string target;
};
[[nodiscard]] std::vector<Include> includes_of(const SourceFile& file);

[[nodiscard]] std::vector<Finding> check_layers(std::span<const SourceFile> files,
                                                std::span<const Layer> layers);
[[nodiscard]] std::vector<Finding> check_libraries(std::span<const SourceFile> files,
                                                   std::span<const LibraryRule> rules);
[[nodiscard]] std::vector<Finding> check_header_cycles(std::span<const SourceFile> files);
[[nodiscard]] std::vector<Finding> check_folder_cycles(std::span<const SourceFile> files);
/// A header that nobody but its own .cc includes, a .cc that no CMakeLists.txt stands beside.
[[nodiscard]] std::vector<Finding> check_dead_files(std::span<const SourceFile> files);
[[nodiscard]] std::vector<Finding> check_pragma_once(std::span<const SourceFile> files);

struct Function {
  std::size_t line = 0;   // of the opening brace
  std::size_t lines = 0;  // from the opening brace's line to the closing one's, both counted
  std::string head;       // the text before the brace, its spaces collapsed
};
/// The functions of a C++ text. A lambda within a function counts as part of it.
[[nodiscard]] std::vector<Function> functions_of(std::string_view text);
[[nodiscard]] std::vector<Finding> check_function_length(std::span<const SourceFile> files);

struct Exception {
  std::string_view path;
  std::string_view reason;
};
[[nodiscard]] std::vector<Finding> check_file_length(std::span<const SourceFile> files,
                                                     std::span<const Exception> exceptions);

/// `co_await f(lvalues)` as a statement of its own; g++ 12 destroys temporaries of the argument
/// twice, and other compilers had bugs beside it.
[[nodiscard]] std::vector<Finding> check_coroutines(std::span<const SourceFile> files);

/// Every folder of `layers` that holds C++ has a README.md, and none is too long.
[[nodiscard]] std::vector<Finding> check_readmes(std::span<const SourceFile> files,
                                                 std::span<const Layer> layers);
[[nodiscard]] std::vector<Finding> check_words(std::span<const SourceFile> files);
[[nodiscard]] std::vector<Finding> check_private_keys(std::span<const SourceFile> files);

}  // namespace kap::tidy

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace kap::tidy {

struct SourceFile {
  std::string path;  // from the top, with forward slashes
  std::string text;
};

/// What one rule found in one place.
struct Finding {
  std::string path;
  std::size_t line = 0;  // one-based; 0 when the finding is about the whole file
  std::string message;
};

/// Every text file below `root`, sorted by path; leaves out hidden folders other than `.ci`, build
/// directories (they hold a CMakeCache.txt or are named `build`) and files over 4 MB.
[[nodiscard]] std::vector<SourceFile> read_tree(const std::filesystem::path& root);

/// C++ that we wrote: `.h` and `.cc`.
[[nodiscard]] bool is_cpp(std::string_view path);
/// `fhir/json/parse.h` -> `fhir/json`; empty for a file at the top.
[[nodiscard]] std::string folder_of(std::string_view path);
/// One-based line of a byte offset.
[[nodiscard]] std::size_t line_of(std::string_view text, std::size_t offset);
/// All findings as text, one a line, for a test's message.
[[nodiscard]] std::string to_text(const std::vector<Finding>& findings);

}  // namespace kap::tidy

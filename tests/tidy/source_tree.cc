#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace kap::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 4U << 20U;

bool is_skipped_folder(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (name.starts_with('.')) return name != ".ci";
  return name == "build" || name == "node_modules" || fs::exists(folder / "CMakeCache.txt");
}

bool is_text(std::string_view text) { return text.find('\0') == std::string_view::npos; }

}  // namespace

std::vector<SourceFile> read_tree(const fs::path& root) {
  std::vector<SourceFile> files;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator();
       ++at) {
    if (at->is_directory() && is_skipped_folder(at->path())) at.disable_recursion_pending();
    if (!at->is_regular_file() || at->file_size() > kLargestFile) continue;
    std::ifstream in(at->path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (is_text(text)) {
      files.push_back({at->path().lexically_relative(root).generic_string(), std::move(text)});
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

bool is_cpp(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc"); }

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::size_t line_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.path;
    if (finding.line != 0) text += ":" + std::to_string(finding.line);
    text += ": " + finding.message + "\n";
  }
  return text;
}

}  // namespace kap::tidy

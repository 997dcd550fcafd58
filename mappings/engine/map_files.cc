#include "mappings/engine/map_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "fhir/base/limits.h"

namespace kap::mappings {
namespace {

namespace fs = std::filesystem;

bool is_map(const fs::path& path) {
  return path.extension() == ".fml" || path.extension() == ".map";
}

Result<std::vector<fs::path>> expand(std::span<const std::string> paths) {
  std::vector<fs::path> out;
  for (const std::string& text : paths) {
    const fs::path path(text);
    std::error_code error;
    if (fs::is_directory(path, error)) {
      std::vector<fs::path> below;
      for (fs::recursive_directory_iterator i(path, error), end; i != end && !error;
           i.increment(error)) {
        const fs::path& found = i->path();
        if (is_map(found) || found.extension() == ".json") below.push_back(found);
      }
      std::ranges::sort(below);
      out.insert(out.end(), below.begin(), below.end());
    } else if (fs::is_regular_file(path, error)) {
      out.push_back(path);
    } else {
      return fail(Category::kNotFound, IssueType::kNotFound,
                  fmt::format("{}: no such file or folder", text));
    }
  }
  return out;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return fail(Category::kNotFound, IssueType::kNotFound, fmt::format("{}: cannot be read", path));
  }
  std::string text;
  std::vector<char> block(1U << 16U);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit) {
      return fail(Category::kTooLarge, IssueType::kTooLong,
                  fmt::format("{}: more than {} bytes", path, limit));
    }
  }
  return text;
}

Result<MapFiles> read_map_files(std::span<const std::string> paths) {
  KAP_TRY(const std::vector<fs::path> files, expand(paths));
  MapFiles out;
  for (const fs::path& file : files) {
    KAP_TRY(std::string text, read_file(file.string(), limits::kJsonBytes));
    if (is_map(file)) {
      out.maps.push_back({.file = file.string(), .text = std::move(text)});
      continue;
    }
    KAP_CHECK_OK(out.terminology.add(text, file.string()));
  }
  KAP_CHECK_OK(out.terminology.check());
  return out;
}

}  // namespace kap::mappings

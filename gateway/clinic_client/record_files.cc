#include "gateway/clinic_client/record_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"

namespace kap::gateway::clinic_client {
namespace {

namespace fs = std::filesystem;

bool is_record_file(const fs::path& path) {
  return path.extension() == ".json" || path.extension() == ".ndjson";
}

Status add_directory(const fs::path& directory, std::vector<RecordFile>& out) {
  std::vector<RecordFile> found;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(directory, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file() && is_record_file(entry->path()))
      found.push_back({entry->path(), entry->file_size()});
  }
  if (error)
    return fail(Category::kInvalidRequest, IssueType::kProcessing,
                fmt::format("{}: cannot be listed: {}", directory.string(), error.message()));
  std::ranges::sort(found, {}, &RecordFile::path);
  std::ranges::move(found, std::back_inserter(out));
  return {};
}

Outcome at(const fs::path& file, std::uint32_t line, const Outcome& outcome) {
  const auto& issue = outcome.issues().front();
  const auto place = issue.position ? line + issue.position->line - 1 : line;
  return Outcome(outcome.category(), issue.code,
                 fmt::format("{}:{}: {}", file.string(), place, issue.diagnostics));
}

std::vector<RecordText> split_lines(std::string_view text, const fs::path& file) {
  std::vector<RecordText> records;
  std::uint32_t line = 0;
  while (!text.empty()) {
    ++line;
    const auto end = std::min(text.find('\n'), text.size());
    const auto content = text.substr(0, end);
    if (content.find_first_not_of(" \t\r") != std::string_view::npos)
      records.push_back({std::string(content), file, line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return records;
}

Result<std::vector<RecordText>> split_array(std::string_view text, const fs::path& file) {
  auto document = fhir::json::parse(text);
  if (!document) return std::unexpected(at(file, 1, document.error()));
  std::vector<RecordText> records;
  for (const auto& item : document->root.items())
    records.push_back({fhir::json::to_text(item), file, 1});
  return records;
}

}  // namespace

Result<std::vector<RecordFile>> find_record_files(const std::vector<fs::path>& paths) {
  std::vector<RecordFile> files;
  for (const auto& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::is_directory(status)) {
      KAP_CHECK_OK(add_directory(path, files));
    } else if (!fs::is_regular_file(status)) {
      return fail(Category::kInvalidRequest, IssueType::kNotFound,
                  fmt::format("{}: no such file or directory", path.string()));
    } else if (!is_record_file(path)) {
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  fmt::format("{}: neither .json nor .ndjson", path.string()));
    } else {
      files.push_back({path, fs::file_size(path, error)});
    }
  }
  if (files.empty())
    return fail(Category::kInvalidRequest, IssueType::kNotFound,
                "no .json or .ndjson file in the paths given");
  return files;
}

Result<std::vector<RecordText>> read_record_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof())
    return fail(Category::kInvalidRequest, IssueType::kProcessing,
                fmt::format("{}: cannot be read", path.string()));
  if (path.extension() == ".ndjson") return split_lines(text, path);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '[') return split_array(text, path);
  std::vector<RecordText> one;
  one.push_back({std::move(text), path, 1});
  return one;
}

}  // namespace kap::gateway::clinic_client

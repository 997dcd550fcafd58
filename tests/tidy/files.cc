#include <algorithm>
#include <cctype>

#include "tests/tidy/rules.h"

namespace kap::tidy {
namespace {

std::size_t lines_of(std::string_view text) {
  const auto ends = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return ends + (text.empty() || text.ends_with('\n') ? 0U : 1U);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return out;
}

/// Words that would tie the tree to one machine or to the way it was written. Written in two parts,
/// so that this file may be checked like any other.
const std::vector<std::string>& forbidden_words() {
  static const std::vector<std::string> kWords = {
      std::string("/wo") + "rk/",
      std::string(".lib") + "rary/",
      std::string("/ro") + "ot/",
      std::string("/tmp/ba") + "sh_jobs",
      std::string("co-auth") + "ored-by",
      std::string("clau") + "de",
      std::string("anth") + "ropic",
      std::string("chat") + "gpt",
      std::string("copi") + "lot",
      std::string("lang") + "uage model",
      std::string("ai-gen") + "erated",
      std::string("arti") + "factory",
      std::string("proxy.gol") + "ang.org",
      std::string("pypi.or") + "g",
      std::string("registry.npm") + "js.org",
      std::string("files.python") + "hosted",
  };
  return kWords;
}

}  // namespace

std::vector<Finding> check_file_length(std::span<const SourceFile> files,
                                       std::span<const Exception> exceptions) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!is_cpp(file.path)) continue;
    const std::size_t lines = lines_of(file.text);
    const auto exception = std::ranges::find(exceptions, file.path, &Exception::path);
    if (lines > kFileLines && exception == exceptions.end()) {
      findings.push_back(
          {file.path, 0, std::to_string(lines) + " lines, at most " + std::to_string(kFileLines)});
    }
  }
  for (const Exception& exception : exceptions) {
    const auto found = std::ranges::find(files, exception.path, &SourceFile::path);
    if (found == files.end() || lines_of(found->text) <= kFileLines) {
      findings.push_back({std::string(exception.path), 0, "no longer needs its exception"});
    }
  }
  return findings;
}

std::vector<Finding> check_readmes(std::span<const SourceFile> files,
                                   std::span<const Layer> layers) {
  std::set<std::string> with_code;
  std::set<std::string> with_readme;
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    const std::string folder = folder_of(file.path);
    const bool module = std::ranges::find(layers, folder, &Layer::folder) != layers.end();
    if (!module) continue;
    if (is_cpp(file.path)) with_code.insert(folder);
    if (!file.path.ends_with("/README.md")) continue;
    with_readme.insert(folder);
    if (lines_of(file.text) > kReadmeLines) {
      findings.push_back({file.path, 0, "over " + std::to_string(kReadmeLines) + " lines"});
    }
  }
  for (const std::string& folder : with_code) {
    if (!with_readme.contains(folder)) {
      findings.push_back(
          {folder, 0, "has no README.md (purpose, entry header, invariants, non-goals)"});
    }
  }
  return findings;
}

std::vector<Finding> check_words(std::span<const SourceFile> files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    const std::string text = lower(file.text);
    for (const std::string& word : forbidden_words()) {
      const auto at = text.find(word);
      if (at == std::string::npos) continue;
      findings.push_back({file.path, line_of(text, at), "does not belong in the tree: " + word});
    }
  }
  return findings;
}

std::vector<Finding> check_private_keys(std::span<const SourceFile> files) {
  static const std::string kOpen = std::string("-----BE") + "GIN ";
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    for (auto at = file.text.find(kOpen); at != std::string::npos;
         at = file.text.find(kOpen, at + 1)) {
      const std::string_view row = std::string_view(file.text).substr(at, 60);
      const std::string_view first = row.substr(0, row.find('\n'));
      if (first.contains("PRIVATE KEY") || first.contains("CERTIFICATE-----")) {
        findings.push_back({file.path, line_of(file.text, at), "a key or certificate in the tree"});
      }
    }
  }
  return findings;
}

}  // namespace kap::tidy

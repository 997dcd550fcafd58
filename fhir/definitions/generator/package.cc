#include "fhir/definitions/generator/package.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fhir/json/parse.h"

namespace kap::fhir::definitions::generator {
namespace {

constexpr std::size_t kBlock = 512;

Result<std::string> gunzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    return fail(Category::kNotFound, IssueType::kNotFound, path + " cannot be read");
  }
  std::string bytes;
  std::array<char, 1U << 16U> buffer{};
  int count = 0;
  while ((count = gzread(file, buffer.data(), buffer.size())) > 0) {
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  gzclose(file);
  if (count < 0) {
    return fail(Category::kInvalidRequest, IssueType::kStructure, path + " is not a gzip file");
  }
  return bytes;
}

std::string_view field(std::string_view header, std::size_t offset, std::size_t size) {
  std::string_view text = header.substr(offset, size);
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

std::size_t octal(std::string_view text) {
  std::size_t value = 0;
  const std::size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return 0;
  std::from_chars(text.data() + start, text.data() + text.size(), value, 8);
  return value;
}

}  // namespace

Result<Package> Package::read(const std::string& tgz_path) {
  KAP_TRY(const std::string tar, gunzip(tgz_path));
  Package package;
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    const std::string_view header = std::string_view(tar).substr(at, kBlock);
    const std::string_view path = field(header, 0, 100);
    if (path.empty()) break;
    const std::size_t size = octal(field(header, 124, 12));
    at += kBlock;
    const std::string_view text = std::string_view(tar).substr(at, size);
    at += (size + kBlock - 1) / kBlock * kBlock;
    const bool is_file = header[156] == '0' || header[156] == '\0';
    const bool is_definition = path.starts_with("package/") && path.ends_with(".json") &&
                               path.find('/', 8) == std::string_view::npos;
    if (!is_file || !is_definition) continue;
    KAP_CHECK_OK(package.add(path, text));
  }
  return package;
}

Status Package::add(std::string_view path, std::string_view text) {
  KAP_TRY(json::Document document, json::parse(text));
  if (path == "package/package.json") {
    name_ = document.root.string("name");
    version_ = document.root.string("version");
    return {};
  }
  const std::string type(document.root.string("resourceType"));
  std::string url(document.root.string("url"));
  if (type.empty() || url.empty()) return {};
  resources_[type].emplace(std::move(url), std::move(document));
  return {};
}

std::vector<const json::Value*> Package::resources(std::string_view type) const {
  std::vector<const json::Value*> list;
  const auto of_type = resources_.find(type);
  if (of_type == resources_.end()) return list;
  for (const auto& [url, document] : of_type->second) list.push_back(&document.root);
  return list;
}

const json::Value* Package::find(std::string_view type, std::string_view url) const {
  const auto of_type = resources_.find(type);
  if (of_type == resources_.end()) return nullptr;
  const auto found = of_type->second.find(url);
  return found == of_type->second.end() ? nullptr : &found->second.root;
}

}  // namespace kap::fhir::definitions::generator

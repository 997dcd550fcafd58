#include "fhir/definitions/generator/archive.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>

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

Status for_each_file(const std::string& tgz_path,
                     const std::function<Status(std::string_view, std::string_view)>& visit) {
  KAP_TRY(const std::string tar, gunzip(tgz_path));
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    const std::string_view header = std::string_view(tar).substr(at, kBlock);
    const std::string_view path = field(header, 0, 100);
    if (path.empty()) break;
    const std::size_t size = octal(field(header, 124, 12));
    at += kBlock;
    const std::string_view bytes = std::string_view(tar).substr(at, size);
    at += (size + kBlock - 1) / kBlock * kBlock;
    const bool is_file = header[156] == '0' || header[156] == '\0';
    if (is_file) KAP_CHECK_OK(visit(path, bytes));
  }
  return {};
}

}  // namespace kap::fhir::definitions::generator

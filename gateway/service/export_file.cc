#include "gateway/service/export_file.h"

#include <algorithm>
#include <utility>

#include "fhir/base/limits.h"

namespace kap::gateway::service {
namespace {

using store::Scan;

class ResourceFile final : public ExportFile {
 public:
  ResourceFile(std::unique_ptr<Scan> scan, ElementFilter elements)
      : scan_(std::move(scan)), elements_(std::move(elements)) {}

  Result<std::string> next() override {
    std::string out;
    out.reserve(limits::kExportPieceBytes + limits::kExportPieceBytes / 8);
    Status status;
    while (!is_done_ && out.empty()) {
      KAP_TRY(const auto progress, scan_->step(Scan::Bodies::kRead, [&](const Scan::Row& row) {
        status = add(row.body, out);
        return status.has_value() && out.size() < limits::kExportPieceBytes;
      }));
      KAP_CHECK_OK(status);
      is_done_ = progress == Scan::Progress::kDone;
    }
    return out;
  }

 private:
  Status add(std::string_view body, std::string& out) const {
    if (elements_.is_active()) {
      KAP_CHECK_OK(elements_.append(body, out));
    } else {
      const auto start = out.size();
      out += body;
      // Between tokens a line feed means nothing, and within a string none can stand.
      if (body.find('\n') != std::string_view::npos)
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\n', ' ');
    }
    out += '\n';
    return {};
  }

  std::unique_ptr<Scan> scan_;
  ElementFilter elements_;
  bool is_done_ = false;
};

class DeletionFile final : public ExportFile {
 public:
  DeletionFile(std::unique_ptr<Scan> scan, std::string type)
      : scan_(std::move(scan)), type_(std::move(type)) {}

  Result<std::string> next() override {
    std::string out;
    std::size_t entries = 0;
    while (!is_done_ && entries < limits::kExportDeletions) {
      KAP_TRY(const auto progress, scan_->step(Scan::Bodies::kLeft, [&](const Scan::Row& row) {
        out += entries == 0 ? R"({"resourceType":"Bundle","type":"transaction","entry":[)" : ",";
        out.append(R"({"request":{"method":"DELETE","url":")").append(type_).append(1, '/');
        out.append(row.id).append("\"}}");
        return ++entries < limits::kExportDeletions;
      }));
      is_done_ = progress == Scan::Progress::kDone;
    }
    if (entries > 0) out += "]}\n";
    return out;
  }

 private:
  std::unique_ptr<Scan> scan_;
  std::string type_;
  bool is_done_ = false;
};

class TextFile final : public ExportFile {
 public:
  explicit TextFile(std::string lines) : lines_(std::move(lines)) {}
  Result<std::string> next() override { return std::exchange(lines_, {}); }

 private:
  std::string lines_;
};

}  // namespace

std::unique_ptr<ExportFile> make_resource_file(std::unique_ptr<Scan> scan, ElementFilter elements) {
  return std::make_unique<ResourceFile>(std::move(scan), std::move(elements));
}

std::unique_ptr<ExportFile> make_deletion_file(std::unique_ptr<Scan> scan, std::string type) {
  return std::make_unique<DeletionFile>(std::move(scan), std::move(type));
}

std::unique_ptr<ExportFile> make_text_file(std::string lines) {
  return std::make_unique<TextFile>(std::move(lines));
}

std::uint64_t deletion_bundles(std::uint64_t deletions) {
  return (deletions + limits::kExportDeletions - 1) / limits::kExportDeletions;
}

}  // namespace kap::gateway::service

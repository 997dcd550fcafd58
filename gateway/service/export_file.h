#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/service/export_elements.h"
#include "gateway/store/export_job.h"
#include "gateway/store/scan.h"

namespace kap::gateway::service {

/// One file of an export as it is read: NDJSON (http://ndjson.org), piece by piece. Between two
/// pieces it holds nothing of the store. Used by one thread at a time.
class ExportFile {
 public:
  virtual ~ExportFile() = default;
  /// Whole lines, about limits::kExportPieceBytes of them; empty: the end.
  [[nodiscard]] virtual Result<std::string> next() = 0;
};

/// A resource a line.
[[nodiscard]] std::unique_ptr<ExportFile> make_resource_file(std::unique_ptr<store::Scan> scan,
                                                             ElementFilter elements);
/// A Bundle of type transaction a line, its entries DELETE requests of `type`.
[[nodiscard]] std::unique_ptr<ExportFile> make_deletion_file(std::unique_ptr<store::Scan> scan,
                                                             std::string type);
/// Lines that are there already.
[[nodiscard]] std::unique_ptr<ExportFile> make_text_file(std::string lines);

/// How many Bundles tell of so many deletions.
[[nodiscard]] std::uint64_t deletion_bundles(std::uint64_t deletions);

}  // namespace kap::gateway::service

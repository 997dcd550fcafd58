#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/export_file.h"
#include "gateway/service/export_plan.h"
#include "gateway/service/export_request.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

/// An export without a job: read from the first to the last file in one go. Used by one thread at
/// a time.
class ExportStream {
 public:
  /// Marks the place that it reads as of, which blocks until the mark is on disk. The errors of
  /// parse_export_request() and ExportPlan::make(). `reader` must outlive the stream.
  [[nodiscard]] static Result<ExportStream> open(const security::Permit& permit,
                                                 const Reader& reader, const ExportInput& input);

  [[nodiscard]] Instant transaction_time() const { return time_; }
  [[nodiscard]] const std::vector<std::string>& types() const { return plan_.types(); }

  struct Chunk {
    enum class Kind : std::uint8_t { kOutput, kDeleted, kError } kind = Kind::kOutput;
    std::string type;
    std::string lines;  // NDJSON
  };
  /// Nothing: the end.
  [[nodiscard]] Result<std::optional<Chunk>> next();

 private:
  ExportStream(ExportPlan plan, ExportRequest request, Instant time, std::string issues)
      : plan_(std::move(plan)),
        request_(std::move(request)),
        time_(time),
        issues_(std::move(issues)) {}
  /// False: there is none left.
  [[nodiscard]] Result<bool> open_next_file();

  ExportPlan plan_;
  ExportRequest request_;
  Instant time_;
  std::string issues_;
  std::unique_ptr<ExportFile> file_;
  Chunk::Kind kind_ = Chunk::Kind::kError;
  std::size_t type_ = 0;  // of the file
};

}  // namespace kap::gateway::service

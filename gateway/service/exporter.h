#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/export_file.h"
#include "gateway/service/export_request.h"
#include "gateway/service/resources.h"
#include "gateway/service/write_context.h"
#include "gateway/store/export_job.h"

namespace kap::gateway::service {

struct ExportOptions {
  std::size_t jobs_per_client = 4;         // running, or done and not yet expired
  std::uint64_t part_resources = 100'000;  // in one file
  std::chrono::seconds lifetime{86'400};   // of the files, once they can be downloaded
};

struct ExportProgress {
  std::string text;                  // X-Progress
  std::chrono::seconds retry_after;  // before the next poll
};
struct ExportDone {
  std::string manifest;  // JSON
  Instant expires;
};
struct ExportFailed {
  std::string outcome;  // an OperationOutcome as JSON
};
using ExportStatus = std::variant<ExportProgress, ExportDone, ExportFailed>;

/// Bulk data export, http://hl7.org/fhir/uv/bulkdata. A job is counted in the background and read
/// again at each download: nothing is kept but its row. Safe from every thread.
class Exporter {
 public:
  /// The Permit that a client's job goes on with after a restart; `scopes` bounds what it asked
  /// with.
  using PermitOf =
      std::function<Result<security::Permit>(const ClientId&, std::string_view scopes)>;

  /// The references must outlive this.
  Exporter(const Reader& reader, const IdSource& ids, ExportOptions options, PermitOf permit_of);
  /// Stops counting; what is not counted goes on after the next start.
  ~Exporter();

  /// Takes up what a restart interrupted.
  [[nodiscard]] Status resume();

  /// The new job's id. Blocks until it is on disk. The errors of parse_export_request() and
  /// ExportPlan::make(); kThrottled where the client has too many jobs.
  [[nodiscard]] Result<std::string> kick_off(const security::Permit& permit,
                                             const ExportInput& input) const;
  /// Another client's job, an expired or cancelled one is kNotFound here and below. kThrottled for
  /// a client that asks about a running job all the time.
  [[nodiscard]] Result<ExportStatus> status(const security::Permit& permit,
                                            std::string_view job) const;
  /// Blocks until the job is gone.
  [[nodiscard]] Status cancel(const security::Permit& permit, std::string_view job) const;
  /// What the permit shows of a file that the manifest names. kForbidden where it does not cover
  /// the type.
  [[nodiscard]] Result<std::unique_ptr<ExportFile>> open(const security::Permit& permit,
                                                         std::string_view job,
                                                         std::string_view file) const;

  [[nodiscard]] std::string status_url(std::string_view job) const;
  [[nodiscard]] std::string_view base_url() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace kap::gateway::service

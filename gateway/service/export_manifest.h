#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/store/export_job.h"

namespace kap::gateway::service {

/// http://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status. `job_url` is where its
/// files lie under.
[[nodiscard]] std::string encode_export_manifest(const store::ExportJob& job,
                                                 std::string_view job_url);

/// What a file name of the manifest stands for.
struct ExportFileName {
  enum class Kind : std::uint8_t { kPart, kIssues } kind = Kind::kPart;
  store::ExportPart part{};  // of kPart
};
/// Nothing for a name that the manifest of this job does not hold.
[[nodiscard]] std::optional<ExportFileName> find_export_file(const store::ExportJob& job,
                                                             std::string_view name);

}  // namespace kap::gateway::service

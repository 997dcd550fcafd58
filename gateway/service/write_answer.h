#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

enum class WriteResult : std::uint8_t {
  kCreated,
  kUpdated,
  kUnchanged,  // the content is what is stored already: no new version
  kFound,      // a conditional create whose criteria match
  kDeleted,
  kAbsent,  // a delete of what is not there
};

/// What to tell the client once the unit is on disk.
struct WriteAnswer {
  WriteResult result = WriteResult::kCreated;
  /// The resource as it is now. `json` is empty after a deletion and where the caller may not read
  /// it; `version` is 0 for kAbsent.
  Resource resource{};
  std::vector<Issue> notes{};  // warnings and information; never errors
};

/// `Prefer: return=OperationOutcome`: what was done in one issue, then the notes.
[[nodiscard]] std::string encode_operation_outcome(const WriteAnswer& answer);

}  // namespace kap::gateway::service

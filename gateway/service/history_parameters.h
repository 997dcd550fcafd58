#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/limits.h"
#include "fhir/base/result.h"
#include "gateway/store/query.h"

namespace kap::gateway::service {

/// The parameters of http://hl7.org/fhir/R4/http.html#history, checked.
struct HistoryParameters {
  std::size_t count = limits::kSearchDefaultCount;
  std::optional<Instant> since{};
  std::optional<store::Period> at{};
  std::string cursor{};
  /// What the links repeat: everything as given but `_count` and the cursor.
  std::vector<std::pair<std::string, std::string>> repeated{};
};

/// kInvalidRequest names the parameter that is malformed, given twice or not supported.
[[nodiscard]] Result<HistoryParameters> parse_history_parameters(
    std::span<const std::pair<std::string, std::string>> parameters);

}  // namespace kap::gateway::service

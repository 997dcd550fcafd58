#pragma once

#include <span>
#include <string>

#include "fhir/base/result.h"

namespace kap::gateway::service {

/// http://hl7.org/fhir/R4/operationoutcome.html as JSON. A position goes into the diagnostics.
[[nodiscard]] std::string encode_operation_outcome(std::span<const Issue> issues);
[[nodiscard]] std::string encode_operation_outcome(const Outcome& outcome);
/// An OperationOutcome a line for each issue.
[[nodiscard]] std::string encode_outcome_lines(std::span<const Issue> issues);

}  // namespace kap::gateway::service

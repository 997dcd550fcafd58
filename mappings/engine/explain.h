#pragma once

#include <string>
#include <vector>

#include "mappings/engine/node.h"
#include "mappings/engine/plan.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

/// One line for each element produced, in the order of the output:
/// `entry[3].resource(Observation).status  <-  session.fml:41:30  <-  treatment_session.status`.
[[nodiscard]] std::string explain_trace(const plan::Program& program, const OutNode& root,
                                        const std::vector<TraceEntry>& trace);

}  // namespace kap::mappings

#pragma once

#include <vector>

#include "gateway/security/permit/permit.h"
#include "gateway/service/submit_record.h"
#include "gateway/store/write.h"

namespace kap::gateway::service {

/// Submits parked records that nothing holds back any more, and what those release in turn. Returns
/// at once; all must be of a clinic that the permit covers.
void apply_released(Intake& intake, const security::Permit& permit,
                    std::vector<store::RecordRevision> released);

}  // namespace kap::gateway::service

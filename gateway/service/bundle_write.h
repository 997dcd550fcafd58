#pragma once

#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/bundle_request.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

/// Which resource a writing entry is about. The errors name the entry's request.
[[nodiscard]] Result<WriteTarget> locate_entry(const security::Permit& permit, const Writer& writer,
                                               const BundleEntry& entry);

/// What a writing entry writes there. The errors name the entry's resource.
[[nodiscard]] Result<PlannedWrite> plan_entry(const security::Permit& permit, const Writer& writer,
                                              const BundleEntry& entry, const WriteTarget& target,
                                              const PlanOptions& options = {});

/// A patch, which shows nothing of the resource, is answered without it to those who may not read.
void hide_unreadable(const security::Permit& permit, const BundleEntry& entry, WriteAnswer& answer);

/// Deletions first, then POST, PUT, PATCH, GET and HEAD (http://hl7.org/fhir/R4/http.html#trules);
/// within a method as they came.
[[nodiscard]] std::vector<BundleEntry*> in_processing_order(BundleRequest& request);

}  // namespace kap::gateway::service

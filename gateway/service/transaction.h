#pragma once

#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/batch.h"
#include "gateway/service/entry_answer.h"
#include "gateway/service/write_context.h"

namespace kap::gateway::service {

/// All entries or none, as one unit of the store. Reads see what is written. Every error names its
/// entry and is that of the entry's interaction; besides: kInvalidRequest for two entries that
/// write one resource or have one fullUrl, kPreconditionFailed for a conditional reference that
/// does not match exactly one resource, kUnprocessable for writes in more than one clinic.
[[nodiscard]] Result<std::vector<EntryAnswer>> transaction(const security::Permit& permit,
                                                           const Writer& writer,
                                                           BundleRequest& request,
                                                           const BundleOptions& options);

}  // namespace kap::gateway::service

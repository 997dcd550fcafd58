#pragma once

#include <cstdint>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

/// One version. Errors as of read(); kGone where that version is the deletion.
[[nodiscard]] Result<Resource> vread(const security::Permit& permit, const Reader& reader,
                                     std::string_view type, const ResourceId& id,
                                     std::uint64_t version);

}  // namespace kap::gateway::service

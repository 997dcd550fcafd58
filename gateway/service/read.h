#pragma once

#include <string_view>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

/// The current version; of what the store does not have, the shipped one. Errors: kForbidden where
/// no scope covers the type; kNotFound for an unknown type and for what is absent or not the
/// caller's to see; kGone for what was deleted. Whether a conditional read answers 304 is the
/// transport's to decide, from version and last_updated.
[[nodiscard]] Result<Resource> read(const security::Permit& permit, const Reader& reader,
                                    std::string_view type, const ResourceId& id);

}  // namespace kap::gateway::service

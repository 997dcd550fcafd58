#pragma once

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/search_type.h"

namespace kap::gateway::service {

/// A search over several types: those of `_type`, or all that the token lets search. It takes the
/// parameters that all of them have. Errors as of search_type; kForbidden where a type of `_type`
/// is beyond the scopes.
[[nodiscard]] Result<SearchPage> search_system(const security::Permit& permit, const Reader& reader,
                                               const SearchRequest& request);

/// What a compartment holds: of SearchRequest::type, or of several types where that is empty.
/// kNotFound for a compartment that R4 does not define and for a type that is never in it. One that
/// is not there, or not for the caller, is empty.
[[nodiscard]] Result<SearchPage> search_compartment(const security::Permit& permit,
                                                    const Reader& reader,
                                                    const SearchRequest& request);

/// The search that the request's type and compartment name.
[[nodiscard]] Result<SearchPage> search(const security::Permit& permit, const Reader& reader,
                                        const SearchRequest& request);

}  // namespace kap::gateway::service

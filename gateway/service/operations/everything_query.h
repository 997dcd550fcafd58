#pragma once

#include <set>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/operation.h"

namespace kap::gateway::service {

/// The search behind $everything, and what of its result is wanted.
struct EverythingQuery {
  fhir::search::Query query;
  std::set<std::string, std::less<>> searched;  // the types of its matches
  std::set<std::string, std::less<>> wanted;    // of `_type`; empty: all
  std::string uncovered;                        // types that no scope covers, joined by commas
};

/// All that belongs to a Patient or an Encounter: the resource itself, the resources of its
/// compartment (http://hl7.org/fhir/R4/compartmentdefinition.html) and whatever else names it by a
/// search parameter; what those refer to comes with them, and what is said about them (Provenance,
/// AdverseEvent). `focus` is `Patient` or `Encounter`.
[[nodiscard]] Result<EverythingQuery> make_everything_query(const security::Permit& permit,
                                                            const Reader& reader,
                                                            std::string_view focus,
                                                            const ResourceId& id,
                                                            const OperationParameters& parameters);

}  // namespace kap::gateway::service

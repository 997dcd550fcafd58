#pragma once

#include <string_view>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "fhir/json/value.h"
#include "gateway/service/retire.h"
#include "gateway/store/resource.h"

namespace kap::gateway::service {

/// http://hl7.org/fhir/R4/valueset-link-type.html; only the two a merge needs.
enum class PatientLink { kReplaces, kReplacedBy };

/// The next version of a Patient after a merge: with a link to `other`, and inactive where that one
/// replaces it. References of other resources stay as they are.
[[nodiscard]] Result<Body> link_patient(const store::StoredResource& patient, PatientLink link,
                                        const ResourceId& other);

/// What a merge said outlives a new revision of the patient's record, which knows nothing of it.
/// True when something was carried over from `before` into `patient`.
[[nodiscard]] Result<bool> keep_patient_links(std::string_view before,
                                              fhir::json::Document& patient);

}  // namespace kap::gateway::service

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/search/index_entry.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

/// What decides who sees a resource.
struct Ownership {
  ClinicId clinic;
  std::optional<ResourceId> patient;
  security::Sensitivity sensitivity;
};

/// The labels in meta.security that hide a resource from those who may not see them.
[[nodiscard]] security::Sensitivity sensitivity_of(const fhir::json::Value& resource);

/// Carries over from `before` the sensitivity labels that `resource` lacks; true when there were
/// some.
bool keep_labels(const fhir::json::Value& before, fhir::json::Document& resource);

/// The Patient in whose compartment a resource is: the one that its `patient` or `subject` names,
/// else the only one that a parameter of the compartment names
/// (http://hl7.org/fhir/R4/compartmentdefinition-patient.html). kUnprocessable where several do.
/// A Group is nobody's.
[[nodiscard]] Result<std::optional<ResourceId>> owner_of(
    const fhir::json::Value& resource, const ResourceId& id,
    std::span<const fhir::search::IndexEntry> index);

/// The clinic is that of the Patient, else of the present version, else the caller's only one.
[[nodiscard]] Result<Ownership> find_ownership(const security::Permit& permit, const Writer& writer,
                                               const WriteTarget& target,
                                               const fhir::json::Value& resource,
                                               std::span<const fhir::search::IndexEntry> index,
                                               const WrittenTogether* together);

}  // namespace kap::gateway::service

#include "gateway/service/ownership.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/search_parameters.h"
#include "gateway/service/references.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using fhir::search::IndexEntry;
using fhir::search::ReferenceEntry;

constexpr std::string_view kActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

security::Sensitivity label_of(const json::Value& coding) {
  if (coding.string("system") != kActCode) return {};
  return security::to_sensitivity(coding.string("code"));
}

std::span<const json::Value> labels_of(const json::Value& resource) {
  const auto* meta = resource.find("meta");
  const auto* security = meta == nullptr ? nullptr : meta->find("security");
  return security == nullptr ? std::span<const json::Value>() : security->items();
}

using Ids = std::set<std::string>;

/// The ids of Patients that one parameter finds.
void add_patients(std::string_view type, std::string_view code, std::span<const IndexEntry> index,
                  Ids& out) {
  const auto* parameter = fhir::definitions::find_search_parameter(type, code);
  if (parameter == nullptr) return;
  for (const auto& entry : index) {
    const auto* reference = std::get_if<ReferenceEntry>(&entry.value);
    if (entry.parameter == parameter->id && reference != nullptr && reference->url.empty() &&
        reference->type == "Patient" && !reference->id.empty())
      out.insert(reference->id);
  }
}

std::unexpected<Outcome> refuse_several() {
  return fail(Category::kUnprocessable, IssueType::kBusinessRule,
              "the resource refers to several Patients as its own; one resource is one Patient's");
}

Status check_sight(const security::Predicates& sight, const Ownership& ownership) {
  if (ownership.sensitivity.intersects(sight.denied))
    return fail(Category::kForbidden, IssueType::kForbidden,
                "the token does not cover resources of these security labels", "meta.security");
  if (std::ranges::find(sight.clinics, ownership.clinic) != sight.clinics.end() &&
      (!sight.patient || sight.patient == ownership.patient))
    return {};
  return fail(Category::kForbidden, IssueType::kForbidden,
              "the resource would be another patient's than the token covers");
}

Result<std::optional<ClinicId>> clinic_of_patient(const security::Permit& permit,
                                                  const Writer& writer, const json::Value& resource,
                                                  const ResourceId& patient,
                                                  const WrittenTogether* together) {
  const auto name = "Patient/" + patient.text();
  auto stored = writer.reader.store.read(permit, "Patient", patient);
  if (stored) return std::optional(std::move(stored->clinic));
  const auto category = stored.error().category();
  if (category != Category::kNotFound && category != Category::kGone)
    return std::unexpected(std::move(stored).error());
  if (together != nullptr && together->contains(name)) return std::optional<ClinicId>{};
  return fail(Category::kUnprocessable, IssueType::kNotFound,
              "refers to a Patient that is not here; create the Patient first",
              path_of_reference(resource, name));
}

}  // namespace

security::Sensitivity sensitivity_of(const json::Value& resource) {
  security::Sensitivity labels;
  for (const auto& coding : labels_of(resource)) labels = labels | label_of(coding);
  return labels;
}

bool keep_labels(const json::Value& before, json::Document& resource) {
  auto present = sensitivity_of(resource.root);
  bool is_kept = false;
  for (const auto& coding : labels_of(before)) {
    const auto label = label_of(coding);
    if (label == security::sensitivity::kNone || present.intersects(label)) continue;
    auto* meta = resource.root.find("meta");
    if (meta == nullptr) meta = &resource.add(resource.root, "meta", json::Document::object());
    auto* security = meta->find("security");
    if (security == nullptr) security = &resource.add(*meta, "security", json::Document::array());
    resource.append(*security, resource.clone(coding));
    present = present | label;
    is_kept = true;
  }
  return is_kept;
}

Result<std::optional<ResourceId>> owner_of(const json::Value& resource, const ResourceId& id,
                                           std::span<const IndexEntry> index) {
  const auto type = resource.string("resourceType");
  if (type == "Patient") return std::optional(id);
  // It names many patients and belongs to none of them.
  if (type == "Group") return std::optional<ResourceId>{};
  const auto codes = fhir::definitions::compartment_parameters("Patient", type);
  static constexpr std::array<std::string_view, 2> kFirst = {"patient", "subject"};
  for (const auto code : kFirst) {
    if (std::ranges::find(codes, code) == codes.end()) continue;
    Ids ids;
    add_patients(type, code, index, ids);
    if (ids.size() > 1) return refuse_several();
    if (ids.size() == 1) return std::optional(ResourceId(*ids.begin()));
  }
  Ids ids;
  for (const auto code : codes) add_patients(type, code, index, ids);
  if (ids.size() > 1) return refuse_several();
  if (ids.empty()) return std::optional<ResourceId>{};
  return std::optional(ResourceId(*ids.begin()));
}

Result<Ownership> find_ownership(const security::Permit& permit, const Writer& writer,
                                 const WriteTarget& target, const json::Value& resource,
                                 std::span<const IndexEntry> index,
                                 const WrittenTogether* together) {
  KAP_TRY(auto patient, owner_of(resource, target.id, index));
  std::optional<ClinicId> clinic;
  if (patient && target.type != "Patient") {
    KAP_TRY(clinic, clinic_of_patient(permit, writer, resource, *patient, together));
  }
  if (target.current) {
    if (clinic && *clinic != target.current->clinic)
      return fail(Category::kUnprocessable, IssueType::kBusinessRule,
                  "a resource cannot move to a Patient of another clinic");
    clinic = target.current->clinic;
  }
  const auto& clinics = permit.predicates().clinics;
  if (!clinic && clinics.size() == 1) clinic = clinics.front();
  if (!clinic)
    return fail(Category::kUnprocessable, IssueType::kBusinessRule,
                fmt::format("the clinic of this {} cannot be told: it refers to no Patient, and "
                            "the client is registered for {} clinics, not for one",
                            target.type, clinics.size()));
  Ownership ownership{.clinic = std::move(*clinic),
                      .patient = std::move(patient),
                      .sensitivity = sensitivity_of(resource)};
  KAP_CHECK_OK(check_sight(permit.predicates(), ownership));
  return ownership;
}

}  // namespace kap::gateway::service

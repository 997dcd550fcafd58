#include "gateway/service/retire.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using json::Document;
using json::Value;

struct Row {
  std::string_view type;
  Retirement retirement;
};

// By type; from the required status value sets of FHIR R4. A type that is not here is kDeleted.
constexpr auto kRetirements = std::to_array<Row>({
    {"AllergyIntolerance", Retirement::kVerificationStatus},
    {"Appointment", Retirement::kStatus},
    {"CarePlan", Retirement::kStatus},
    {"CareTeam", Retirement::kStatus},
    {"ClinicalImpression", Retirement::kStatus},
    {"Communication", Retirement::kStatus},
    {"Condition", Retirement::kVerificationStatus},
    {"Consent", Retirement::kStatus},
    {"Device", Retirement::kStatus},
    {"DeviceUseStatement", Retirement::kStatus},
    {"DiagnosticReport", Retirement::kStatus},
    {"DocumentReference", Retirement::kStatus},
    {"Encounter", Retirement::kStatus},
    {"EpisodeOfCare", Retirement::kStatus},
    {"Flag", Retirement::kStatus},
    {"Goal", Retirement::kLifecycleStatus},
    {"Location", Retirement::kInactiveStatus},
    {"Medication", Retirement::kStatus},
    {"MedicationAdministration", Retirement::kStatus},
    {"MedicationDispense", Retirement::kStatus},
    {"MedicationRequest", Retirement::kStatus},
    {"MedicationStatement", Retirement::kStatus},
    {"Observation", Retirement::kStatus},
    {"Organization", Retirement::kInactive},
    {"Patient", Retirement::kInactive},
    {"Practitioner", Retirement::kInactive},
    {"PractitionerRole", Retirement::kInactive},
    {"Procedure", Retirement::kStatus},
    {"Provenance", Retirement::kKept},
    {"QuestionnaireResponse", Retirement::kStatus},
    {"ServiceRequest", Retirement::kStatus},
    {"Specimen", Retirement::kStatus},
    {"Task", Retirement::kStatus},
});
static_assert(std::ranges::is_sorted(kRetirements, {}, &Row::type));

/// Sets the member to a text; true when that changed something.
bool set_text(Document& document, std::string_view name, std::string_view value) {
  if (document.root.string(name) == value) return false;
  document.set(document.root, name, document.string(value));
  return true;
}

bool set_inactive(Document& document) {
  const auto* active = document.root.find("active");
  if (active != nullptr && active->kind() == json::Kind::kFalse) return false;
  document.set(document.root, "active", Value(false));
  return true;
}

bool set_verification_status(Document& document) {
  const std::string system =
      document.root.string("resourceType") == "Condition"
          ? "http://terminology.hl7.org/CodeSystem/condition-ver-status"
          : "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
  auto coding = Document::object();
  document.add(coding, "system", document.string(system));
  document.add(coding, "code", document.string("entered-in-error"));
  auto codings = Document::array();
  document.append(codings, coding);
  auto concept_value = Document::object();
  document.add(concept_value, "coding", codings);
  const auto* before = document.root.find("verificationStatus");
  if (before != nullptr && json::equal(*before, concept_value)) return false;
  document.set(document.root, "verificationStatus", concept_value);
  document.erase(document.root, "clinicalStatus");
  return true;
}

bool mark(Document& document, Retirement retirement) {
  switch (retirement) {
    case Retirement::kStatus:
      return set_text(document, "status", "entered-in-error");
    case Retirement::kLifecycleStatus:
      return set_text(document, "lifecycleStatus", "entered-in-error");
    case Retirement::kVerificationStatus:
      return set_verification_status(document);
    case Retirement::kInactive:
      return set_inactive(document);
    case Retirement::kInactiveStatus:
      return set_text(document, "status", "inactive");
    case Retirement::kKept:
    case Retirement::kDeleted:
      return false;
  }
  return false;
}

void add_reason(Document& document, std::string_view reason) {
  auto coding = Document::object();
  document.add(coding, "system", document.string(kRetractionReasonSystem));
  document.add(coding, "code", document.string(reason));
  auto extension = Document::object();
  document.add(extension, "url", document.string(kRetractionExtension));
  document.add(extension, "valueCoding", coding);
  auto* extensions = document.root.find("extension");
  if (extensions == nullptr)
    extensions = &document.add(document.root, "extension", Document::array());
  document.append(*extensions, extension);
}

}  // namespace

Retirement retirement_of(std::string_view type) {
  const auto row = std::ranges::lower_bound(kRetirements, type, {}, &Row::type);
  return row != kRetirements.end() && row->type == type ? row->retirement : Retirement::kDeleted;
}

Result<Body> to_body(Document& document) {
  auto* meta = document.root.find("meta");
  if (meta != nullptr) {
    document.erase(*meta, "versionId");
    document.erase(*meta, "lastUpdated");
  }
  if (meta == nullptr || meta->members().empty())
    return fail(Category::kInternal, IssueType::kException, "a stored resource has an empty meta");
  Body body;
  for (const auto& member : std::as_const(document.root).members()) {
    body.json += body.json.empty() ? '{' : ',';
    json::print_string(member.name, body.json);
    body.json += ':';
    if (member.name == "meta") body.meta_offset = body.json.size() + 1;
    json::print(member.value, body.json);
  }
  body.json += '}';
  return body;
}

Result<std::optional<Body>> retire(const store::StoredResource& resource, std::string_view reason) {
  KAP_TRY(auto document, json::parse(resource.body));
  const bool is_new = mark(document, retirement_of(resource.type));
  if (!is_new && (reason.empty() || is_retracted(resource))) return std::optional<Body>{};
  if (!reason.empty()) add_reason(document, reason);
  KAP_TRY(auto body, to_body(document));
  return std::optional(std::move(body));
}

bool is_retracted(const store::StoredResource& resource) {
  return resource.body.find(kRetractionExtension) != std::string::npos;
}

}  // namespace kap::gateway::service

// http://hl7.org/fhir/uv/bulkdata/OperationDefinition-export.html and its like
#include <array>

#include "gateway/service/operations/operations.h"

namespace kap::gateway::service {
namespace {

constexpr OperationParameterDef kOutputFormat{
    .name = "_outputFormat",
    .type = "string",
    .documentation = "application/fhir+ndjson, application/ndjson or ndjson."};
constexpr OperationParameterDef kSince{
    .name = "_since", .type = "instant", .documentation = "Only what was last updated later."};
constexpr OperationParameterDef kUntil{
    .name = "_until", .type = "instant", .documentation = "Only what was last updated earlier."};
constexpr OperationParameterDef kType{.name = "_type",
                                      .max = fhir::definitions::kUnbounded,
                                      .type = "string",
                                      .documentation = "Only these resource types, with commas."};
constexpr OperationParameterDef kElements{
    .name = "_elements",
    .max = fhir::definitions::kUnbounded,
    .type = "string",
    .documentation = "Only these root elements and the mandatory ones, such as Patient.name."};
constexpr OperationParameterDef kPatient{
    .name = "patient",
    .max = fhir::definitions::kUnbounded,
    .type = "Reference",
    .documentation = "Only what belongs to these Patients; by POST alone."};
constexpr OperationParameterDef kTypeFilter{
    .name = "_typeFilter",
    .max = fhir::definitions::kUnbounded,
    .type = "string",
    .documentation = "Of a type only what one of these searches finds: Observation?status=final."};

constexpr std::array kOfSystem{kOutputFormat, kSince, kUntil, kType, kElements, kTypeFilter};
constexpr std::array kOfPatients{kOutputFormat, kSince,   kUntil,     kType,
                                 kElements,     kPatient, kTypeFilter};
constexpr std::array<std::string_view, 1> kPatientType{"Patient"};
constexpr std::array<std::string_view, 1> kGroupType{"Group"};

}  // namespace

const OperationDef kExport{
    .code = "export",
    .id = "export",
    .canonical = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
    .version = "2.0.0",
    .name = "BulkDataExport",
    .title = "Bulk data export of everything",
    .description =
        "All resources that the token covers, as NDJSON, as of one moment. "
        "Asynchronous: Prefer: respond-async.",
    .levels = {.system = true},
    .interaction = security::Interaction::kSearch,
    .parameters = kOfSystem,
};

const OperationDef kPatientExport{
    .code = "export",
    .id = "patient-export",
    .canonical = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export",
    .version = "2.0.0",
    .name = "PatientLevelExport",
    .title = "Bulk data export of all patients",
    .description = "Every Patient and what belongs to one. Asynchronous: Prefer: respond-async.",
    .levels = {.type = true},
    .types = kPatientType,
    .interaction = security::Interaction::kSearch,
    .parameters = kOfPatients,
};

const OperationDef kGroupExport{
    .code = "export",
    .id = "group-export",
    .canonical = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
    .version = "2.0.0",
    .name = "GroupLevelExport",
    .title = "Bulk data export of a group of patients",
    .description =
        "The Patients that a Group names and what belongs to them. Asynchronous: "
        "Prefer: respond-async.",
    .levels = {.instance = true},
    .types = kGroupType,
    .interaction = security::Interaction::kSearch,
    .parameters = kOfPatients,
};

}  // namespace kap::gateway::service

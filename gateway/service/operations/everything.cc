// http://hl7.org/fhir/R4/patient-operation-everything.html
// http://hl7.org/fhir/R4/encounter-operation-everything.html
#include <array>

#include "gateway/service/operations/operations.h"

namespace kap::gateway::service {
namespace {

constexpr std::array<std::string_view, 1> kPatientTypes{"Patient"};
constexpr std::array<std::string_view, 1> kEncounterTypes{"Encounter"};

constexpr OperationParameterDef kSince{
    .name = "_since",
    .type = "instant",
    .documentation = "Only resources that were updated after this time."};
constexpr OperationParameterDef kType{
    .name = "_type",
    .max = fhir::definitions::kUnbounded,
    .type = "string",
    .documentation = "Only resources of these types, separated by commas."};
constexpr OperationParameterDef kCount{
    .name = "_count", .type = "integer", .documentation = "So many resources a page at most."};
constexpr OperationParameterDef kReturn{.name = "return",
                                        .use = ParameterUse::kOut,
                                        .min = 1,
                                        .type = "Bundle",
                                        .documentation = "A Bundle of type searchset."};

constexpr std::array kPatientParameters{
    OperationParameterDef{
        .name = "start", .type = "date", .documentation = "Only care on or after this date."},
    OperationParameterDef{
        .name = "end", .type = "date", .documentation = "Only care on or before this date."},
    kSince,
    kType,
    kCount,
    kReturn,
};
constexpr std::array kEncounterParameters{kSince, kType, kCount, kReturn};

Result<OperationAnswer> run(const security::Permit&, const OperationContext&,
                            const OperationCall&) {
  return fail(Category::kNotFound, IssueType::kNotSupported, "not yet supported");
}

}  // namespace

const OperationDef kPatientEverything{
    .code = "everything",
    .id = "Patient-everything",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    .name = "Everything",
    .title = "Fetch Patient Record",
    .description =
        "A patient's record: the resources of the patient's compartment and those that "
        "they refer to.",
    .levels = {.type = true, .instance = true},
    .types = kPatientTypes,
    .parameters = kPatientParameters,
    .paging = Paging::kCursor,
    .run = &run,
};

const OperationDef kEncounterEverything{
    .code = "everything",
    .id = "Encounter-everything",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    .name = "Everything",
    .title = "Fetch Encounter Record",
    .description = "An encounter as a unit: all that refers to it and what that refers to.",
    .levels = {.instance = true},
    .types = kEncounterTypes,
    .parameters = kEncounterParameters,
    .paging = Paging::kCursor,
    .run = &run,
};

}  // namespace kap::gateway::service

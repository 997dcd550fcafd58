// http://hl7.org/fhir/us/core/STU6.1/OperationDefinition-docref.html
#include <array>

#include "gateway/service/operations/operations.h"

namespace kap::gateway::service {
namespace {

constexpr std::array<std::string_view, 1> kTypes{"DocumentReference"};

constexpr std::array kParameters{
    OperationParameterDef{.name = "patient",
                          .min = 1,
                          .type = "id",
                          .documentation = "The id of the patient whose documents are asked for."},
    OperationParameterDef{.name = "start",
                          .type = "dateTime",
                          .documentation = "Documents about care on or after this time."},
    OperationParameterDef{.name = "end",
                          .type = "dateTime",
                          .documentation = "Documents about care on or before this time."},
    OperationParameterDef{.name = "type",
                          .max = fhir::definitions::kUnbounded,
                          .type = "Coding",
                          .documentation = "Documents of one of these types."},
    OperationParameterDef{.name = "on-demand",
                          .type = "boolean",
                          .documentation = "Only documents that are made when asked for."},
    OperationParameterDef{.name = "profile",
                          .max = fhir::definitions::kUnbounded,
                          .type = "canonical",
                          .documentation = "Documents of one of these profiles."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Bundle",
                          .documentation = "A searchset of DocumentReference."},
};

Result<OperationAnswer> run(const security::Permit&, const OperationContext&,
                            const OperationCall&) {
  return fail(Category::kNotFound, IssueType::kNotSupported, "not yet supported");
}

}  // namespace

const OperationDef kDocref{
    .code = "docref",
    .id = "docref",
    .canonical = "http://hl7.org/fhir/us/core/OperationDefinition/docref",
    .version = "6.1.0",
    .status = "active",
    .name = "USCoreFetchDocumentReference",
    .title = "US Core Fetch DocumentReference",
    .description = "References to the documents of a patient.",
    .levels = {.type = true},
    .types = kTypes,
    .interaction = security::Interaction::kSearch,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service

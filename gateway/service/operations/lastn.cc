// http://hl7.org/fhir/R4/observation-operation-lastn.html
#include <array>

#include "gateway/service/operations/operations.h"

namespace kap::gateway::service {
namespace {

constexpr std::array<std::string_view, 1> kTypes{"Observation"};

constexpr std::array kParameters{
    OperationParameterDef{.name = "max",
                          .type = "positiveInt",
                          .documentation = "So many of each group at most; 1 where it is absent."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Bundle",
                          .documentation = "A searchset of Observation, newest first."},
};

Result<OperationAnswer> run(const security::Permit&, const OperationContext&,
                            const OperationCall&) {
  return fail(Category::kNotFound, IssueType::kNotSupported, "not yet supported");
}

}  // namespace

const OperationDef kLastn{
    .code = "lastn",
    .id = "Observation-lastn",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    .name = "LastN",
    .title = "Last N Observations Query",
    .description = "The most recent observations of each code that match a search.",
    .levels = {.type = true},
    .types = kTypes,
    .interaction = security::Interaction::kSearch,
    .parameters = kParameters,
    .others = OtherParameters::kSearchCriteria,
    .run = &run,
};

}  // namespace kap::gateway::service

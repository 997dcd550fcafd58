// http://hl7.org/fhir/R4/codesystem-operation-validate-code.html
// http://hl7.org/fhir/R4/valueset-operation-validate-code.html
#include <fmt/format.h>

#include <array>
#include <optional>

#include "gateway/service/operations/coded_parameters.h"
#include "gateway/service/operations/operations.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {
namespace {

using fhir::terminology::Concept;
using fhir::terminology::Membership;
using fhir::terminology::Terminology;

constexpr std::array<std::string_view, 1> kCodeSystem{"CodeSystem"};
constexpr std::array<std::string_view, 1> kValueSet{"ValueSet"};

constexpr OperationParameterDef kCode{
    .name = "code", .type = "code", .documentation = "The code, where it is given plainly."};
constexpr OperationParameterDef kDisplay{
    .name = "display",
    .type = "string",
    .documentation = "The display that was with the code; another than is known is not valid."};
constexpr OperationParameterDef kCoding{
    .name = "coding", .type = "Coding", .documentation = "In place of code."};
constexpr OperationParameterDef kConcept{
    .name = "codeableConcept",
    .type = "CodeableConcept",
    .documentation = "In place of code: valid where one of its codings is."};
constexpr OperationParameterDef kDate{
    .name = "date", .type = "dateTime", .documentation = "Not taken."};
constexpr OperationParameterDef kAbstract{
    .name = "abstract", .type = "boolean", .documentation = "No code that is here is abstract."};
constexpr OperationParameterDef kLanguage{
    .name = "displayLanguage", .type = "code", .documentation = "`en`: displays are in English."};
constexpr OperationParameterDef kResult{.name = "result",
                                        .use = ParameterUse::kOut,
                                        .min = 1,
                                        .type = "boolean",
                                        .documentation = "Whether the code is valid."};
constexpr OperationParameterDef kMessage{.name = "message",
                                         .use = ParameterUse::kOut,
                                         .type = "string",
                                         .documentation = "Why it is not."};
constexpr OperationParameterDef kKnownDisplay{.name = "display",
                                              .use = ParameterUse::kOut,
                                              .type = "string",
                                              .documentation = "The display of the code."};

constexpr std::array kOfCodeSystem{
    OperationParameterDef{
        .name = "url", .type = "uri", .documentation = "The code system's canonical."},
    OperationParameterDef{.name = "codeSystem",
                          .type = "CodeSystem",
                          .documentation = "Not taken: only code systems that are here."},
    kCode,
    OperationParameterDef{.name = "version",
                          .type = "string",
                          .documentation = "The version that the system must have."},
    kDisplay,
    kCoding,
    kConcept,
    kDate,
    kAbstract,
    kLanguage,
    kResult,
    kMessage,
    kKnownDisplay,
};

constexpr std::array kOfValueSet{
    OperationParameterDef{
        .name = "url", .type = "uri", .documentation = "The value set's canonical."},
    OperationParameterDef{.name = "context", .type = "uri", .documentation = "Not taken."},
    OperationParameterDef{.name = "valueSet",
                          .type = "ValueSet",
                          .documentation = "Not taken: only value sets that are here."},
    OperationParameterDef{.name = "valueSetVersion",
                          .type = "string",
                          .documentation = "The version that the value set must have."},
    kCode,
    OperationParameterDef{
        .name = "system", .type = "uri", .documentation = "The system of the code."},
    OperationParameterDef{.name = "systemVersion",
                          .type = "string",
                          .documentation = "Not taken: codes are here in one version."},
    kDisplay,
    kCoding,
    kConcept,
    kDate,
    kAbstract,
    kLanguage,
    kResult,
    kMessage,
    kKnownDisplay,
};

struct Verdict {
  bool is_valid = false;
  std::string message{};
  std::string_view display{};
};

/// A code that is in; valid unless it came with a display that it does not have.
Verdict judge_display(const Terminology& terminology, const GivenCode& given) {
  const Concept* known = terminology.find_known_concept(given.system, given.code);
  const std::string_view display = known == nullptr ? std::string_view() : known->display;
  if (given.display.empty() || display.empty() || is_display(given.display, display))
    return {.is_valid = true, .display = display};
  return {.message = "the code is valid, but its display is another", .display = display};
}

OperationAnswer answer(const Verdict& verdict) {
  ParametersBuilder out;
  out.add_boolean("result", verdict.is_valid);
  if (!verdict.message.empty()) out.add_text("message", "valueString", verdict.message);
  if (!verdict.display.empty()) out.add_text("display", "valueString", verdict.display);
  return {.json = std::move(out).finish()};
}

/// The first coding that is valid, else what was wrong with the last.
template <class Judge>
Result<OperationAnswer> judge_all(const std::vector<GivenCode>& codes, const Judge& judge) {
  Verdict last;
  std::optional<Outcome> undecided;
  for (const GivenCode& given : codes) {
    auto verdict = judge(given);
    if (!verdict.has_value()) {
      undecided = std::move(verdict).error();
      continue;
    }
    last = *std::move(verdict);
    if (last.is_valid) return answer(last);
  }
  if (undecided.has_value()) return std::unexpected(*std::move(undecided));
  return answer(last);
}

Result<OperationAnswer> in_code_system(const security::Permit&, const OperationContext& context,
                                       const OperationCall& call) {
  KAP_CHECK_OK(refuse_given(call.parameters, {"codeSystem", "date"}));
  KAP_CHECK_OK(check_language(call.parameters));
  const Terminology& terminology = context.maps->terminology();
  KAP_TRY(auto codes, read_codes(call.parameters, PlainCode::kAlone));
  const auto url = call.parameters.text("url");
  std::string system(split_canonical(url.value_or("")).url);
  // Codes of systems that are here in part, as those of the R4 value sets, are found all the same.
  if (call.id != nullptr || !url.has_value() || terminology.is_complete(system)) {
    KAP_TRY(Artifact artifact, find_artifact(terminology, call, "version"));
    system = std::move(artifact.url);
  }
  const auto judge = [&](const GivenCode& given) -> Result<Verdict> {
    if (!given.system.empty() && given.system != system)
      return Verdict{.message = "the code is of another system"};
    const GivenCode own{.system = system, .code = given.code, .display = given.display};
    if (terminology.find_known_concept(system, given.code) != nullptr)
      return judge_display(terminology, own);
    if (terminology.is_complete(system)) return Verdict{.message = "the system has no such code"};
    return fail(Category::kNotFound, IssueType::kNotFound,
                "the code system is not here with all its codes", "url");
  };
  return judge_all(codes, judge);
}

Result<OperationAnswer> in_value_set(const security::Permit&, const OperationContext& context,
                                     const OperationCall& call) {
  KAP_CHECK_OK(refuse_given(call.parameters, {"context", "valueSet", "systemVersion", "date"}));
  KAP_CHECK_OK(check_language(call.parameters));
  const Terminology& terminology = context.maps->terminology();
  KAP_TRY(const auto codes, read_codes(call.parameters));
  KAP_TRY(const Artifact artifact, find_artifact(terminology, call, "valueSetVersion"));
  const auto judge = [&](const GivenCode& given) -> Result<Verdict> {
    switch (terminology.validate_code(artifact.url, given.system, given.code)) {
      case Membership::kIn:
        return judge_display(terminology, given);
      case Membership::kNotIn:
        return Verdict{.message = "the value set does not hold the code"};
      case Membership::kUnknown:
        break;
    }
    return fail(Category::kUnprocessable, IssueType::kNotSupported,
                "the value set holds codes of systems that are not here", "url");
  };
  return judge_all(codes, judge);
}

}  // namespace

const OperationDef kCodeSystemValidateCode{
    .code = "validate-code",
    .id = "CodeSystem-validate-code",
    .canonical = "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code",
    .name = "CodeSystemValidation",
    .title = "Code System based Validation",
    .description = "Whether a code is one of a code system.",
    .levels = {.type = true, .instance = true},
    .types = kCodeSystem,
    .access = OperationAccess::kAnyToken,
    .parameters = kOfCodeSystem,
    .run = &in_code_system,
};

const OperationDef kValueSetValidateCode{
    .code = "validate-code",
    .id = "ValueSet-validate-code",
    .canonical = "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",
    .name = "ValueSetValidation",
    .title = "Value Set based Validation",
    .description = "Whether a code is one of a value set.",
    .levels = {.type = true, .instance = true},
    .types = kValueSet,
    .access = OperationAccess::kAnyToken,
    .parameters = kOfValueSet,
    .run = &in_value_set,
};

}  // namespace kap::gateway::service

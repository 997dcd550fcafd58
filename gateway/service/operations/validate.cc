// http://hl7.org/fhir/R4/resource-operation-validate.html
#include "fhir/validate/validator.h"

#include <array>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/service/operations/operations.h"
#include "gateway/service/read.h"

namespace kap::gateway::service {
namespace {

namespace validate = fhir::validate;

constexpr std::array<std::string_view, 1> kTypes{"Resource"};

constexpr std::array kParameters{
    OperationParameterDef{.name = "resource",
                          .type = "Resource",
                          .documentation = "What is judged. Of an instance it may be left out, "
                                           "except to judge an update: then what is stored is."},
    OperationParameterDef{.name = "mode",
                          .type = "code",
                          .documentation = "create, update, delete or profile: what the resource "
                                           "is judged for; profile where it is absent."},
    OperationParameterDef{.name = "profile",
                          .type = "uri",
                          .documentation = "A profile that the resource must meet, besides those "
                                           "that it claims."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "OperationOutcome",
                          .documentation = "What was found; an information alone where nothing "
                                           "was."},
};

Result<validate::Mode> parse_mode(std::optional<std::string_view> text) {
  if (!text || *text == "profile") return validate::Mode::kProfile;
  if (*text == "create") return validate::Mode::kCreate;
  if (*text == "update") return validate::Mode::kUpdate;
  if (*text == "delete") return validate::Mode::kDelete;
  return fail(Category::kInvalidRequest, IssueType::kValue,
              "mode is create, update, delete or profile", "mode");
}

/// What is asked for cannot be answered, whatever the resource is.
Status check_call(const OperationCall& call, validate::Mode mode) {
  const bool is_given = call.parameters.value("resource") != nullptr;
  if (mode == validate::Mode::kCreate && call.id != nullptr) {
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "mode create is for a type, not for an instance that is there", "mode");
  }
  const bool names_instance = mode == validate::Mode::kDelete || mode == validate::Mode::kUpdate;
  if (mode == validate::Mode::kDelete && call.id == nullptr) {
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "mode delete is for an instance: Type/id/$validate?mode=delete", "mode");
  }
  if (!is_given && (call.id == nullptr || (names_instance && mode != validate::Mode::kDelete))) {
    return fail(Category::kInvalidRequest, IssueType::kRequired,
                "give the resource to judge, as the body or as the parameter resource", "resource");
  }
  return {};
}

std::string encode(validate::Report report) {
  std::vector<Issue> issues;
  for (auto& finding : report.findings) {
    if (!finding.profile.empty()) {
      finding.issue.diagnostics.append(" [").append(finding.profile).append("]");
    }
    issues.push_back(std::move(finding.issue));
  }
  if (issues.empty()) {
    issues.push_back({.severity = IssueSeverity::kInformation,
                      .code = IssueType::kInformational,
                      .diagnostics = "nothing was found",
                      .expression = {},
                      .position = {}});
  }
  return encode_operation_outcome(issues);
}

Result<OperationAnswer> run(const security::Permit& permit, const OperationContext& context,
                            const OperationCall& call) {
  KAP_TRY(const auto mode, parse_mode(call.parameters.text("mode")));
  KAP_CHECK_OK(check_call(call, mode));
  std::vector<std::string> profiles;
  for (const auto url : call.parameters.texts("profile")) profiles.emplace_back(url);
  const auto* given = call.parameters.value("resource");
  fhir::json::Document stored;
  if (call.id != nullptr && (given == nullptr || mode != validate::Mode::kProfile)) {
    KAP_TRY(const auto resource, read(permit, context.reader, call.type, *call.id));
    if (given == nullptr) {
      KAP_TRY(stored, fhir::json::parse(resource.json));
      given = &stored.root;
    }
  }
  if (!call.type.empty() && given->string("resourceType") != call.type) {
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "the resource is not of the type that the URL names", "resource");
  }
  return OperationAnswer{
      .json = encode(context.validator->validate(*given, {.profiles = profiles, .mode = mode}))};
}

}  // namespace

const OperationDef kValidate{
    .code = "validate",
    .id = "Resource-validate",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    .name = "Validate",
    .title = "Validate a resource",
    .description =
        "Whether a resource, given or stored, is what FHIR R4, the profiles it claims "
        "and those that the call names ask for.",
    .levels = {.type = true, .instance = true},
    .types = kTypes,
    .interaction = security::Interaction::kRead,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service

// http://hl7.org/fhir/R4/operations.html
#include "gateway/service/operation.h"

#include <algorithm>

namespace kap::gateway::service {
namespace {

bool is_complex(const OperationParameterDef& parameter) {
  const auto* type = fhir::definitions::find_type(parameter.type);
  return type == nullptr || type->kind != fhir::definitions::TypeKind::kPrimitive;
}

bool has_level(const OperationDef& operation, OperationLevel level) {
  switch (level) {
    case OperationLevel::kSystem:
      return operation.levels.system;
    case OperationLevel::kType:
      return operation.levels.type;
    case OperationLevel::kInstance:
      return operation.levels.instance;
    case OperationLevel::kVersion:
      return operation.levels.version;
  }
  return false;
}

}  // namespace

bool OperationDef::is_for(std::string_view type) const {
  return std::ranges::any_of(
      types, [type](std::string_view own) { return own == type || own == "Resource"; });
}

bool OperationDef::allows_get() const {
  return effect == Effect::kReadsOnly &&
         std::ranges::none_of(parameters, [](const OperationParameterDef& parameter) {
           return parameter.use == ParameterUse::kIn && parameter.min > 0 && is_complex(parameter);
         });
}

const OperationDef* find_operation(OperationTable table, std::string_view code,
                                   OperationLevel level, std::string_view type) {
  const auto found = std::ranges::find_if(table, [&](const OperationDef* operation) {
    return operation->code == code && has_level(*operation, level) &&
           (level == OperationLevel::kSystem || operation->is_for(type));
  });
  return found == table.end() ? nullptr : *found;
}

Result<OperationAnswer> run_operation(const security::Permit& permit,
                                      const OperationContext& context,
                                      const OperationDef& operation,
                                      const OperationRequest& request) {
  if (!request.type.empty() && operation.access == OperationAccess::kScoped)
    KAP_CHECK_OK(check_access(permit, request.type, operation.interaction));
  KAP_TRY(const auto parameters, parse_parameters(operation, request.input));
  return operation.run(permit, context,
                       {.type = request.type,
                        .id = request.id,
                        .version = request.version,
                        .parameters = parameters,
                        .handling = request.handling,
                        .deadline = request.deadline});
}

}  // namespace kap::gateway::service

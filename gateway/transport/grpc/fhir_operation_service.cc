#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/service/operation.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/unary_call.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::chrono::seconds kDeadline{30};

/// nullptr: there is none of that name at the level that the message's type and id say.
const service::OperationDef* find(const OperationParts& parts,
                                  const fhir::v1::OperationRequest& message) {
  using service::OperationLevel;
  const auto level = !message.id().empty()    ? OperationLevel::kInstance
                     : message.type().empty() ? OperationLevel::kSystem
                                              : OperationLevel::kType;
  return service::find_operation(parts.table, message.operation(), level, message.type());
}

Result<service::OperationAnswer> invoke(const security::Permit& permit, const OperationParts& parts,
                                        const service::OperationDef* operation,
                                        const fhir::v1::OperationRequest& message) {
  if (operation == nullptr || operation->run == nullptr)
    return fail(Category::kNotFound, IssueType::kNotSupported,
                "there is no such operation here; the CapabilityStatement lists those there are");
  const std::optional<ResourceId> id =
      message.id().empty() ? std::nullopt : std::optional<ResourceId>(message.id());
  std::vector<std::pair<std::string, std::string>> query;
  for (const auto& parameter : message.parameters())
    query.emplace_back(parameter.name(), parameter.value());
  return service::run_operation(permit, parts.context, *operation,
                                {.type = message.type(),
                                 .id = id ? &*id : nullptr,
                                 .input = {.query = query, .body = message.body()},
                                 .handling = message.handling() == fhir::v1::SEARCH_HANDLING_STRICT
                                                 ? service::Handling::kStrict
                                                 : service::Handling::kLenient,
                                 .deadline = std::chrono::steady_clock::now() + kDeadline});
}

}  // namespace

::grpc::ServerUnaryReactor* FhirService::Operation(::grpc::CallbackServerContext* context,
                                                   const fhir::v1::OperationRequest* request,
                                                   fhir::v1::OperationResponse* response) {
  const auto* operation = find(operations_, *request);
  const bool is_write = operation != nullptr && operation->effect == service::Effect::kAffectsState;
  return answer_on(is_write ? writes_.pool : calls_, authorizer_, *context,
                   [this, operation, request, response](const security::Permit& permit) -> Status {
                     KAP_TRY(auto answer, invoke(permit, operations_, operation, *request));
                     response->set_json(std::move(answer.json));
                     return {};
                   });
}

}  // namespace kap::gateway::transport::grpc

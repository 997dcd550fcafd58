#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/service/operation.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::chrono::seconds kDeadline{30};

Result<service::OperationAnswer> invoke(const security::Permit& permit, const OperationParts& parts,
                                        const fhir::v1::OperationRequest& message) {
  using service::OperationLevel;
  const std::optional<ResourceId> id =
      message.id().empty() ? std::nullopt : std::optional<ResourceId>(message.id());
  const auto level = id                       ? OperationLevel::kInstance
                     : message.type().empty() ? OperationLevel::kSystem
                                              : OperationLevel::kType;
  const auto* operation =
      service::find_operation(parts.table, message.operation(), level, message.type());
  if (operation == nullptr || operation->run == nullptr)
    return fail(Category::kNotFound, IssueType::kNotSupported,
                "there is no such operation here; the CapabilityStatement lists those there are");
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
  auto* reactor = context->DefaultReactor();
  auto permit = authorize_token(authorizer_, *context);
  if (!permit) {
    reactor->Finish(to_status(permit.error(), *context));
    return reactor;
  }
  calls_.post([this, reactor, context, request, response, permit = std::move(*permit)] {
    auto answer = invoke(permit, operations_, *request);
    if (!answer) return reactor->Finish(to_status(answer.error(), *context));
    response->set_json(std::move(answer->json));
    reactor->Finish(::grpc::Status::OK);
  });
  return reactor;
}

}  // namespace kap::gateway::transport::grpc

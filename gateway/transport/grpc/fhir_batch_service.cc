#include <utility>

#include "gateway/service/batch.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {
namespace {

service::EntryReturn to_entry_return(fhir::v1::ReturnPreference preference) {
  if (preference == fhir::v1::RETURN_PREFERENCE_REPRESENTATION)
    return service::EntryReturn::kRepresentation;
  if (preference == fhir::v1::RETURN_PREFERENCE_OPERATION_OUTCOME)
    return service::EntryReturn::kOperationOutcome;
  return service::EntryReturn::kMinimal;
}

}  // namespace

::grpc::ServerUnaryReactor* FhirService::Batch(::grpc::CallbackServerContext* context,
                                               const fhir::v1::BatchRequest* request,
                                               fhir::v1::BatchResponse* response) {
  auto* reactor = context->DefaultReactor();
  auto permit = authorize_token(authorizer_, *context);
  if (!permit) {
    reactor->Finish(to_status(permit.error(), *context));
    return reactor;
  }
  writes_.pool.post([this, reactor, context, request, response, permit = std::move(*permit)] {
    auto bundle = service::answer_bundle(
        permit, writes_.writer, request->bundle(),
        {.shown = to_entry_return(request->prefer()),
         .operations = {.context = &operations_.context, .table = operations_.table}});
    if (!bundle) return reactor->Finish(to_status(bundle.error(), *context));
    response->set_bundle(std::move(*bundle));
    reactor->Finish(::grpc::Status::OK);
  });
  return reactor;
}

}  // namespace kap::gateway::transport::grpc

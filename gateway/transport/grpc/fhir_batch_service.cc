#include <utility>

#include "gateway/service/batch.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/unary_call.h"

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
  return answer_on(writes_.pool, authorizer_, *context,
                   [this, request, response](const security::Permit& permit) -> Status {
                     KAP_TRY(auto bundle,
                             service::answer_bundle(permit, writes_.writer, request->bundle(),
                                                    {.shown = to_entry_return(request->prefer()),
                                                     .operations = {.context = &operations_.context,
                                                                    .table = operations_.table}}));
                     response->set_bundle(std::move(bundle));
                     return {};
                   });
}

}  // namespace kap::gateway::transport::grpc

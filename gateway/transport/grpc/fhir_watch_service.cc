#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/list_reactor.h"
#include "gateway/transport/grpc/watch_reactor.h"

namespace kap::gateway::transport::grpc {

::grpc::ServerWriteReactor<fhir::v1::WatchResponse>* FhirService::Watch(
    ::grpc::CallbackServerContext* context, const fhir::v1::WatchRequest* request) {
  const auto permit = authorize_token(authorizer_, *context);
  if (!permit) return refuse_list<fhir::v1::WatchResponse>(*context, permit.error());
  return new WatchReactor(
      *context, {.reader = reader_, .authorizer = authorizer_, .pool = calls_, .hub = hub_},
      *request);
}

}  // namespace kap::gateway::transport::grpc

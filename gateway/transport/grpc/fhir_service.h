#pragma once

#include "gateway/security/authorizer.h"
#include "gateway/service/operation.h"
#include "gateway/service/resources.h"
#include "gateway/service/worker_pool.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"

namespace kap::gateway::transport::grpc {

struct OperationParts {
  const service::OperationContext& context;
  service::OperationTable table;
};

/// kap.fhir.v1.Fhir. The certificate lets a caller in; what it may see, its token says.
class FhirService final : public fhir::v1::Fhir::CallbackService {
 public:
  FhirService(const service::Reader& reader, security::Authorizer& authorizer,
              service::WorkerPool& calls, OperationParts operations)
      : reader_(reader), authorizer_(authorizer), calls_(calls), operations_(operations) {}

  ::grpc::ServerUnaryReactor* Read(::grpc::CallbackServerContext* context,
                                   const fhir::v1::ReadRequest* request,
                                   fhir::v1::ReadResponse* response) override;
  ::grpc::ServerWriteReactor<fhir::v1::SearchResponse>* Search(
      ::grpc::CallbackServerContext* context, const fhir::v1::SearchRequest* request) override;
  ::grpc::ServerUnaryReactor* Operation(::grpc::CallbackServerContext* context,
                                        const fhir::v1::OperationRequest* request,
                                        fhir::v1::OperationResponse* response) override;

 private:
  const service::Reader& reader_;
  security::Authorizer& authorizer_;
  service::WorkerPool& calls_;
  OperationParts operations_;
};

}  // namespace kap::gateway::transport::grpc

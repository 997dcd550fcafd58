#pragma once

#include "gateway/security/authorizer.h"
#include "gateway/service/operation.h"
#include "gateway/service/resources.h"
#include "gateway/service/watch_hub.h"
#include "gateway/service/worker_pool.h"
#include "gateway/service/write_context.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"

namespace kap::gateway::transport::grpc {

struct OperationParts {
  const service::OperationContext& context;
  service::OperationTable table;
};

/// Threads that wait for the store's commit.
struct WriteParts {
  const service::Writer& writer;
  service::WorkerPool& pool;
};

/// kap.fhir.v1.Fhir. The certificate lets a caller in; what it may see, its token says.
class FhirService final : public fhir::v1::Fhir::CallbackService {
 public:
  FhirService(const service::Reader& reader, security::Authorizer& authorizer,
              service::WorkerPool& calls, WriteParts writes, OperationParts operations,
              service::WatchHub& hub)
      : reader_(reader),
        authorizer_(authorizer),
        calls_(calls),
        writes_(writes),
        operations_(operations),
        hub_(hub) {}

  ::grpc::ServerUnaryReactor* Read(::grpc::CallbackServerContext* context,
                                   const fhir::v1::ReadRequest* request,
                                   fhir::v1::ReadResponse* response) override;
  ::grpc::ServerWriteReactor<fhir::v1::SearchResponse>* Search(
      ::grpc::CallbackServerContext* context, const fhir::v1::SearchRequest* request) override;
  ::grpc::ServerUnaryReactor* Create(::grpc::CallbackServerContext* context,
                                     const fhir::v1::CreateRequest* request,
                                     fhir::v1::WriteResponse* response) override;
  ::grpc::ServerUnaryReactor* Update(::grpc::CallbackServerContext* context,
                                     const fhir::v1::UpdateRequest* request,
                                     fhir::v1::WriteResponse* response) override;
  ::grpc::ServerUnaryReactor* Patch(::grpc::CallbackServerContext* context,
                                    const fhir::v1::PatchRequest* request,
                                    fhir::v1::WriteResponse* response) override;
  ::grpc::ServerUnaryReactor* Delete(::grpc::CallbackServerContext* context,
                                     const fhir::v1::DeleteRequest* request,
                                     fhir::v1::WriteResponse* response) override;
  ::grpc::ServerUnaryReactor* Batch(::grpc::CallbackServerContext* context,
                                    const fhir::v1::BatchRequest* request,
                                    fhir::v1::BatchResponse* response) override;
  ::grpc::ServerWriteReactor<fhir::v1::HistoryResponse>* History(
      ::grpc::CallbackServerContext* context, const fhir::v1::HistoryRequest* request) override;
  ::grpc::ServerUnaryReactor* Operation(::grpc::CallbackServerContext* context,
                                        const fhir::v1::OperationRequest* request,
                                        fhir::v1::OperationResponse* response) override;
  ::grpc::ServerWriteReactor<fhir::v1::ExportResponse>* Export(
      ::grpc::CallbackServerContext* context, const fhir::v1::ExportRequest* request) override;
  ::grpc::ServerWriteReactor<fhir::v1::WatchResponse>* Watch(
      ::grpc::CallbackServerContext* context, const fhir::v1::WatchRequest* request) override;

 private:
  template <class Request>
  ::grpc::ServerUnaryReactor* write(::grpc::CallbackServerContext* context, const Request* request,
                                    fhir::v1::WriteResponse* response);

  const service::Reader& reader_;
  security::Authorizer& authorizer_;
  service::WorkerPool& calls_;
  WriteParts writes_;
  OperationParts operations_;
  service::WatchHub& hub_;
};

}  // namespace kap::gateway::transport::grpc

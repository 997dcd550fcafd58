#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "gateway/observe/metrics.h"
#include "gateway/security/authorizer.h"
#include "gateway/service/submit_record.h"
#include "gateway/service/worker_pool.h"
#include "gateway/transport/grpc/receipt_counters.h"
#include "gateway/transport/grpc/submit_reactor.h"
#include "kap/clinic/v1/service.grpc.pb.h"

namespace kap::gateway::transport::grpc {

using ClinicRecordsBase = clinic::v1::ClinicRecords::WithRawCallbackMethod_Submit<
    clinic::v1::ClinicRecords::WithCallbackMethod_ListDeadLetters<
        clinic::v1::ClinicRecords::WithCallbackMethod_Replay<clinic::v1::ClinicRecords::Service>>>;

/// kap.clinic.v1.ClinicRecords. Every call acts for the clinic its certificate names.
class ClinicRecords final : public ClinicRecordsBase {
 public:
  /// `calls` runs what waits for ingest and must be another pool than the intake's.
  ClinicRecords(service::Intake& intake, const security::Authorizer& authorizer,
                service::WorkerPool& calls, observe::Metrics& metrics)
      : intake_(intake), authorizer_(authorizer), calls_(calls), counters_(metrics) {}

  ::grpc::ServerBidiReactor<::grpc::ByteBuffer, ::grpc::ByteBuffer>* Submit(
      ::grpc::CallbackServerContext* context) override;
  ::grpc::ServerWriteReactor<clinic::v1::DeadLetter>* ListDeadLetters(
      ::grpc::CallbackServerContext* context,
      const clinic::v1::ListDeadLettersRequest* request) override;
  ::grpc::ServerWriteReactor<clinic::v1::Receipt>* Replay(
      ::grpc::CallbackServerContext* context, const clinic::v1::ReplayRequest* request) override;

  /// Ends every Submit once the receipts of what it has taken are sent.
  void drain();

 private:
  service::Intake& intake_;
  const security::Authorizer& authorizer_;
  service::WorkerPool& calls_;
  ReceiptCounters counters_;

  std::mutex mutex_;
  std::vector<std::weak_ptr<SubmitReactor>> streams_;
  bool is_draining_ = false;
};

}  // namespace kap::gateway::transport::grpc

#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/clinic_client/journal.h"
#include "gateway/clinic_client/record_source.h"
#include "gateway/clinic_client/summary.h"
#include "kap/clinic/v1/service.grpc.pb.h"

namespace kap::gateway::clinic_client {

struct RetryPolicy {
  int attempts = 8;  // without a receipt in between
  std::chrono::milliseconds first_wait{250};
  std::chrono::milliseconds longest_wait{8'000};
};

/// Streams records and takes their receipts. After a broken connection it sends again whatever has
/// no receipt; the gateway answers what it had taken with its first receipt. A record that waits
/// for another is asked about once more at the end, when that one may have come.
class Submission {
 public:
  using Report = std::function<void(std::uint64_t bytes, const Tally& tally)>;

  Submission(std::shared_ptr<::grpc::Channel> channel, RecordSource& source, Journal& journal,
             RetryPolicy policy, Report report);

  /// Until every record has its receipt. kUnavailable when the gateway could not be reached;
  /// kForbidden and kUnauthenticated when it would not have us.
  [[nodiscard]] Status run();

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] const std::vector<RefusedRecord>& refused() const { return refused_; }

 private:
  struct Sent {
    SourceRecord source;
    int tries = 0;
  };
  using Stream = ::grpc::ClientReaderWriter<clinic::v1::Record, clinic::v1::Receipt>;

  /// One stream, from first to last record.
  [[nodiscard]] ::grpc::Status attempt();
  void write_all(Stream& stream);
  [[nodiscard]] bool take_next(Sent& next);
  void read_all(Stream& stream);
  void settle(Sent sent, const clinic::v1::Receipt& receipt);
  void refuse(RefusedRecord refused);

  std::unique_ptr<clinic::v1::ClinicRecords::Stub> stub_;
  RecordSource& source_;
  Journal& journal_;
  RetryPolicy policy_;
  Report report_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Sent> unsent_;   // to be sent again
  std::deque<Sent> later_;    // to be sent again once the gateway can store records
  std::deque<Sent> waiting_;  // to be asked about at the end
  std::deque<Sent> sent_;     // without a receipt, in order
  bool is_source_read_ = false;
  bool is_broken_ = false;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t receipts_ = 0;
  Tally tally_;
  std::vector<RefusedRecord> refused_;
  Status journal_status_;
};

}  // namespace kap::gateway::clinic_client

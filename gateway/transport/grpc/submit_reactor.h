#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "gateway/security/permit/permit.h"
#include "gateway/service/submit_stream.h"
#include "gateway/transport/grpc/receipt_counters.h"

namespace kap::gateway::transport::grpc {

/// ClinicRecords.Submit on raw bytes, so that a message that is no protobuf is one refused record
/// and not the end of the stream. Reads only while the records under way, receipts not yet taken by
/// the caller included, are below the window: a caller that does not read stops being read.
class SubmitReactor final
    : public ::grpc::ServerBidiReactor<::grpc::ByteBuffer, ::grpc::ByteBuffer>,
      public std::enable_shared_from_this<SubmitReactor> {
 public:
  /// `counters` outlives the stream.
  [[nodiscard]] static std::shared_ptr<SubmitReactor> start(service::Intake& intake,
                                                            security::Permit permit,
                                                            const ReceiptCounters& counters);

  /// Takes no more records, sends the receipts of those under way and ends with UNAVAILABLE.
  void drain();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Action : std::uint8_t { kNone, kRead, kWrite, kFinish };
  struct Outgoing {
    ::grpc::ByteBuffer message;
    std::size_t record_bytes = 0;
  };

  void on_receipt(const service::Receipt& receipt);
  void take(const ::grpc::ByteBuffer& message);
  [[nodiscard]] Action choose();
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool is_over() const;
  void pump();

  std::shared_ptr<SubmitReactor> self_;  // until OnDone
  std::shared_ptr<service::SubmitStream> stream_;
  const ReceiptCounters* counters_ = nullptr;

  std::mutex mutex_;
  ::grpc::ByteBuffer incoming_;
  std::deque<Outgoing> outgoing_;
  std::deque<std::size_t> record_bytes_;  // of the records without a receipt, in order
  std::size_t under_way_ = 0;             // records read whose receipt was not yet written
  std::size_t bytes_under_way_ = 0;
  std::size_t starting_ = 0;  // operations chosen and not yet handed to gRPC
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_read_to_end_ = false;
  bool is_draining_ = false;
  bool is_cancelled_ = false;
  bool is_finished_ = false;
};

}  // namespace kap::gateway::transport::grpc

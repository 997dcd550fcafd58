#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kap/clinic/v1/service.pb.h"

namespace kap::functional {

/// A channel with the clinic's certificate, or without any.
enum class Certificate : std::uint8_t { kClinic, kNone };
[[nodiscard]] std::shared_ptr<grpc::Channel> open_channel(
    const std::string& endpoint, Certificate certificate = Certificate::kClinic);

/// ClinicRecords.Submit with bytes of any kind where records should be.
class RawSubmit {
 public:
  explicit RawSubmit(const std::shared_ptr<grpc::Channel>& channel);
  ~RawSubmit();

  bool write(const std::string& bytes);
  std::optional<clinic::v1::Receipt> read();
  void writes_done();
  grpc::Status finish();

 private:
  bool next();

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool is_finished_ = false;
};

/// The serialized records of a file of protobuf JSON lines.
[[nodiscard]] std::vector<std::string> read_records(const std::string& path);

/// Whether this build's maps yield anything for the synthetic clinic, which must be submitted.
[[nodiscard]] bool has_maps(const std::string& endpoint);

}  // namespace kap::functional

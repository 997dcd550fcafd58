#include "tests/functional/raw_submit.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "kap/clinic/v1/record.pb.h"
#include "tests/functional/gateway.h"

namespace kap::functional {

std::shared_ptr<grpc::Channel> open_channel(const std::string& endpoint, Certificate certificate) {
  const auto& pki = Pki::shared();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = read_file(pki.file("ca.pem"));
  if (certificate == Certificate::kClinic) {
    options.pem_cert_chain = read_file(pki.file("clinic.pem"));
    options.pem_private_key = read_file(pki.file("clinic.key"));
  }
  grpc::ChannelArguments arguments;
  // Each test talks to a gateway of its own; a shared subchannel could outlive it.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(endpoint, grpc::SslCredentials(options), arguments);
}

RawSubmit::RawSubmit(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  stream_ = stub_.PrepareCall(&context_, "/kap.clinic.v1.ClinicRecords/Submit", &queue_);
  stream_->StartCall(this);
  next();
}

RawSubmit::~RawSubmit() {
  if (!is_finished_) {
    context_.TryCancel();
    finish();
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawSubmit::next() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawSubmit::write(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  stream_->Write(grpc::ByteBuffer(&slice, 1), this);
  return next();
}

std::optional<clinic::v1::Receipt> RawSubmit::read() {
  grpc::ByteBuffer buffer;
  stream_->Read(&buffer, this);
  if (!next()) return std::nullopt;
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return std::nullopt;
  std::string bytes;
  for (const auto& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  clinic::v1::Receipt receipt;
  if (!receipt.ParseFromString(bytes)) return std::nullopt;
  return receipt;
}

void RawSubmit::writes_done() {
  stream_->WritesDone(this);
  next();
}

grpc::Status RawSubmit::finish() {
  grpc::Status status;
  stream_->Finish(&status, this);
  next();
  is_finished_ = true;
  return status;
}

std::vector<std::string> read_records(const std::string& path) {
  std::vector<std::string> records;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    clinic::v1::Record record;
    if (!google::protobuf::util::JsonStringToMessage(line, &record).ok())
      throw std::runtime_error(path + " holds a line that is no record");
    records.push_back(record.SerializeAsString());
  }
  return records;
}

bool has_maps(const std::string& endpoint) {
  RawSubmit stream(open_channel(endpoint));
  stream.write(read_records(data("clinic/000-clinic.ndjson"))[0]);
  const auto receipt = stream.read();
  return receipt && receipt->accepted().resources_size() > 0;
}

}  // namespace kap::functional

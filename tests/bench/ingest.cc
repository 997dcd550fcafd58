// bench_ingest ENDPOINT CA CERTIFICATE KEY FOLDER COPIES: streams the synthetic clinic, then COPIES
// of its sessions under new record ids, over eight streams of one connection to a running gateway.
// Prints seconds from the first session's message to the last receipt, and the resources
// acknowledged.

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "kap/clinic/v1/service.grpc.pb.h"
#include "tests/bench/records.h"

namespace kap::bench {
namespace {

using clinic::v1::ClinicRecords;
using clinic::v1::Receipt;
using clinic::v1::Record;
constexpr int kStreams = 8;

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Streams the records and returns how many resources their receipts name.
long submit(ClinicRecords::Stub& stub, std::span<const Record> records) {
  grpc::ClientContext context;
  const auto stream = stub.Submit(&context);
  std::thread writer([&] {
    for (const auto& record : records)
      if (!stream->Write(record)) break;
    stream->WritesDone();
  });
  long resources = 0;
  for (Receipt receipt; stream->Read(&receipt);) {
    if (!receipt.has_accepted()) {
      fmt::print(stderr, "refused: {}\n", receipt.ShortDebugString());
      std::exit(1);
    }
    resources += receipt.accepted().resources_size();
  }
  writer.join();
  const auto status = stream->Finish();
  if (!status.ok()) {
    fmt::print(stderr, "{}\n", status.error_message());
    std::exit(1);
  }
  return resources;
}

std::vector<Record> copy_sessions(const std::vector<Record>& clinic, int copies) {
  std::vector<Record> made;
  for (int copy = 0; copy < copies; ++copy) {
    for (const auto& record : clinic) {
      if (!record.has_treatment_session() || record.revision() != 1) continue;
      made.push_back(record);
      made.back().set_record_id(fmt::format("{}-c{}", record.record_id(), copy));
    }
  }
  return made;
}

int run(const char* const* arguments) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = read_file(arguments[1]);
  options.pem_cert_chain = read_file(arguments[2]);
  options.pem_private_key = read_file(arguments[3]);
  const auto channel = grpc::CreateChannel(arguments[0], grpc::SslCredentials(options));
  const auto stub = ClinicRecords::NewStub(channel);
  const auto clinic = read_clinic(arguments[4]);
  (void)submit(*stub, clinic);
  const auto sessions = copy_sessions(clinic, std::atoi(arguments[5]));
  std::atomic<long> resources = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < kStreams; ++i) {
    const std::size_t from = sessions.size() * static_cast<std::size_t>(i) / kStreams;
    const std::size_t to = sessions.size() * static_cast<std::size_t>(i + 1) / kStreams;
    threads.emplace_back([&, from, to] {
      resources += submit(*stub, std::span(sessions).subspan(from, to - from));
    });
  }
  threads.clear();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{:.6f} {} {}\n", seconds, resources.load(), sessions.size());
  return 0;
}

}  // namespace
}  // namespace kap::bench

int main(int argc, char** argv) {
  if (argc != 7) {
    fmt::print(stderr, "usage: bench_ingest ENDPOINT CA CERTIFICATE KEY FOLDER COPIES\n");
    return 2;
  }
  return kap::bench::run(argv + 1);
}

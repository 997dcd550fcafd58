#include "gateway/transport/grpc/server.h"

#include <fmt/format.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "gateway/service/watch_hub.h"
#include "gateway/service/worker_pool.h"
#include "gateway/transport/grpc/clinic_records.h"
#include "gateway/transport/grpc/fhir_service.h"

namespace kap::gateway::transport::grpc {
namespace {

// Searches, lists and replays; they wait for the disk, not for the processor.
constexpr std::size_t kCallThreads = 4;
// Writes wait for a commit that many of them share.
constexpr std::size_t kWriteThreads = 16;
constexpr int kMaxThreads = 64;
// Twice the limit of a record: what lies between is refused by itself; what is larger is refused by
// gRPC, which ends the stream (RESOURCE_EXHAUSTED) before the message is in memory.
constexpr int kReceiveFactor = 2;
constexpr int kMinPingIntervalMs = 10'000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMaxPingStrikes = 2;

Result<std::string> read_pem(const std::filesystem::path& path, std::string_view key) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || text.find("-----BEGIN ") == std::string::npos)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                fmt::format("{}: cannot be read, or is no PEM file", path.string()),
                std::string(key));
  return text;
}

Result<std::shared_ptr<::grpc::ServerCredentials>> make_credentials(const config::TlsFiles& files) {
  ::grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  KAP_TRY(options.pem_root_certs, read_pem(files.client_ca, "grpc.client_ca"));
  KAP_TRY(auto certificate, read_pem(files.certificate, "grpc.certificate"));
  KAP_TRY(auto key, read_pem(files.key, "grpc.key"));
  options.pem_key_cert_pairs.push_back({std::move(key), std::move(certificate)});
  return ::grpc::SslServerCredentials(options);
}

void apply_limits(const config::GrpcSettings& settings, ::grpc::ServerBuilder& builder) {
  ::grpc::ResourceQuota quota("kap-gateway");
  quota.Resize(settings.max_memory_bytes).SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kReceiveFactor * static_cast<int>(settings.max_record_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(settings.max_streams));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(settings.max_metadata_bytes));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kMaxPingStrikes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Two gateways on one port would each get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

class RunningServer final : public Server {
 public:
  explicit RunningServer(const ServerParts& parts)
      : hub_(parts.reader.store),
        calls_(kCallThreads),
        writes_(kWriteThreads),
        records_(parts.intake, parts.authorizer, calls_, parts.metrics),
        fhir_(parts.reader, parts.authorizer, calls_, {.writer = parts.writer, .pool = writes_},
              {.context = parts.operation_context, .table = parts.operations}, hub_) {}
  ~RunningServer() override {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
  }

  Status listen(const config::GrpcSettings& settings) {
    KAP_TRY(auto credentials, make_credentials(settings.tls));
    ::grpc::ServerBuilder builder;
    apply_limits(settings, builder);
    int port = 0;
    const auto address = fmt::format("{}:{}", settings.address, settings.port);
    builder.AddListeningPort(address, credentials, &port);
    builder.RegisterService(&records_);
    builder.RegisterService(&fhir_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0)
      return fail(Category::kUnavailable, IssueType::kException,
                  fmt::format("cannot listen on {}: the address is taken or not ours, or the "
                              "certificate and key do not belong together",
                              address),
                  "grpc.port");
    port_ = static_cast<std::uint16_t>(port);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  void drain(std::chrono::milliseconds within) override {
    hub_.stop();  // change feeds would last until they are cut off
    records_.drain();
    server_->Shutdown(std::chrono::system_clock::now() + within);
    calls_.drain();
    writes_.drain();
  }

 private:
  service::WatchHub hub_;
  service::WorkerPool calls_;
  service::WorkerPool writes_;
  ClinicRecords records_;
  FhirService fhir_;
  std::unique_ptr<::grpc::Server> server_;
  std::uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const config::GrpcSettings& settings,
                                              const ServerParts& parts) {
  auto server = std::make_unique<RunningServer>(parts);
  KAP_CHECK_OK(server->listen(settings));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace kap::gateway::transport::grpc

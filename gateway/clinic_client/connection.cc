#include "gateway/clinic_client/connection.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <fstream>
#include <iterator>

namespace kap::gateway::clinic_client {
namespace {

constexpr int kReceiptBytes = 16 << 20;
constexpr int kKeepaliveMs = 30'000;
constexpr int kLongestWaitMs = 5'000;

Result<std::string> read_pem(const std::filesystem::path& path, std::string_view option) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || text.find("-----BEGIN ") == std::string::npos)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                fmt::format("{} {}: cannot be read, or is no PEM file", option, path.string()));
  return text;
}

}  // namespace

Result<std::shared_ptr<::grpc::Channel>> connect(const Connection& connection) {
  ::grpc::SslCredentialsOptions options;
  KAP_TRY(options.pem_root_certs, read_pem(connection.ca, "--ca"));
  KAP_TRY(options.pem_cert_chain, read_pem(connection.cert, "--cert"));
  KAP_TRY(options.pem_private_key, read_pem(connection.key, "--key"));
  ::grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kReceiptBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestWaitMs);
  if (!connection.server_name.empty()) arguments.SetSslTargetNameOverride(connection.server_name);
  return ::grpc::CreateCustomChannel(connection.endpoint, ::grpc::SslCredentials(options),
                                     arguments);
}

}  // namespace kap::gateway::clinic_client

#pragma once

#include <grpcpp/channel.h>

#include <filesystem>
#include <memory>
#include <string>

#include "fhir/base/result.h"

namespace kap::gateway::clinic_client {

struct Connection {
  std::string endpoint;        // host:port
  std::filesystem::path ca;    // PEM: what the gateway's certificate chains to
  std::filesystem::path cert;  // PEM: names the clinic in a SAN URI urn:kap:clinic:<id>
  std::filesystem::path key;   // PEM
  std::string server_name;     // where the certificate's name is not the endpoint's; else empty
};

/// A channel with mutual TLS; connects when it is first used.
[[nodiscard]] Result<std::shared_ptr<::grpc::Channel>> connect(const Connection& connection);

}  // namespace kap::gateway::clinic_client

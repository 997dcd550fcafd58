#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/config/settings.h"
#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"
#include "gateway/transport/http/pipeline.h"
#include "gateway/transport/tls/server_context.h"

namespace kap::gateway::transport::http {

struct ListenerOptions {
  std::string address;  // an IP address
  std::uint16_t port = 0;
  std::optional<tls::ServerContext> tls;  // plain without
  PipelineOptions pipeline;
};

/// The threads that handlers run on which may wait.
struct PoolSettings {
  config::SearchSettings search;  // Execution::kPooled
  config::WriteSettings write;    // Execution::kWriting
};

/// One io_context a core; connections go round them and stay where they are.
class Server {
 public:
  struct Dependencies {
    const Clock& clock;
    observe::Log& log;
    observe::Metrics& metrics;
  };

  /// The references must outlive this. Ignores SIGPIPE in this process.
  Server(const config::HttpSettings& settings, const PoolSettings& pools,
         Dependencies dependencies);
  /// As stop().
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and gives the port. Before start(). Refuses an address that is none or in use.
  [[nodiscard]] Result<std::uint16_t> listen(ListenerOptions options);
  void start();
  /// Takes no more connections, closes idle ones, lets requests in progress end within
  /// drain_timeout, then cuts off the rest and ends the threads. Blocks.
  void stop();
  /// Between the call of stop() and its end: for /readyz.
  [[nodiscard]] bool is_draining() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace kap::gateway::transport::http

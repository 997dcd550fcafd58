#pragma once

#include <array>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"
#include "gateway/security/authorizer.h"
#include "gateway/transport/http/head.h"
#include "gateway/transport/http/request.h"
#include "gateway/transport/http/response.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

struct PipelineOptions {
  RouteTable routes;
  /// Null where every route is Public.
  security::Authorizer* authorizer = nullptr;
  /// Whether a name is an R4 resource type; unset takes every name.
  std::function<bool(std::string_view)> is_resource_type = {};
  /// Adds Strict-Transport-Security.
  enum class Transport : std::uint8_t { kTls, kPlain } transport = Transport::kTls;
};

/// What a request is allowed to do: its row and, where the row demands one, its Permit.
struct Admission {
  Match match;
  std::optional<security::Permit> permit;
  std::size_t max_body_bytes = 0;
};

/// The steps every request of a listener goes through, without any I/O. Safe from every thread.
class Pipeline {
 public:
  Pipeline(PipelineOptions options, observe::Log& log, observe::Metrics& metrics);

  /// The part that needs no body: fills the request from its head, then judges it.
  [[nodiscard]] std::expected<Admission, Response> admit(const Head& head, Request& request) const;
  /// Runs the handler; an exception becomes 500 with nothing of its text.
  [[nodiscard]] Response handle(const Request& request, const Admission& admission) const;
  /// The next piece of a body that is being sent; an exception becomes an error. Logs what cuts it.
  [[nodiscard]] Result<std::string> pull(const Request& request, const Route& route,
                                         BodySource& source) const;
  /// Adds what every response carries, counts it and logs it. `route` is null where none matched.
  void finish(const Request& request, const Route* route, double seconds, Response& response) const;

 private:
  [[nodiscard]] std::expected<security::Permit, Response> authorize(const Request& request) const;
  struct Counters {
    std::array<prometheus::Counter*, 6> by_class{};
    prometheus::Histogram* seconds = nullptr;
  };

  PipelineOptions options_;
  observe::Log& log_;
  std::vector<Counters> counters_;  // one a route, and one for what matched none
};

}  // namespace kap::gateway::transport::http

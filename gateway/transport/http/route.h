#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fhir/base/limits.h"
#include "gateway/security/permit/permit.h"
#include "gateway/transport/http/request.h"
#include "gateway/transport/http/response.h"

namespace kap::gateway::transport::http {

/// The values of a pattern's `{…}` segments, in order.
using PathValues = std::vector<std::string_view>;

struct Call {
  const Request& request;
  const PathValues& path;
};

using PublicHandler = std::function<Response(const Call&)>;
/// Only reached with a Permit that allows the row's interaction on the type.
using PermitHandler = std::function<Response(const Call&, const security::Permit&)>;

/// Anyone may call.
struct Public {};
/// A bearer token with a scope for `interaction` on the type in the pattern's `{type}` segment, or
/// on `type` where the pattern names it literally.
struct Scoped {
  security::Interaction interaction;
  std::string_view type = {};
};
/// Any bearer token: what is asked for only shows in the parameters or in the body, so that the
/// handler's use case looks at the scopes (system search, batch, operations of the system).
struct Authenticated {};
using Access = std::variant<Public, Scoped, Authenticated>;

/// Where the handler runs.
enum class Execution : std::uint8_t {
  kInline,   // on the I/O thread: microseconds, never waits
  kPooled,   // on the bounded pool of readers; overload answers 503
  kWriting,  // on the bounded pool of writers, whose threads wait for the store's commit; likewise
};

/// One row of the route table.
struct Route {
  Method method;  // a kGet row answers HEAD too
  /// `/fhir/{type}/{id}`: a literal segment, `{type}` (a FHIR resource type) or `{name}`
  /// (anything).
  std::string_view pattern;
  Access access;
  Execution execution = Execution::kInline;
  std::variant<PublicHandler, PermitHandler> handler;  // the kind that `access` demands
  // The link; none for what is ours alone.
  std::string_view specification = {};
  /// What the row gives the CapabilityStatement: a code of
  /// http://hl7.org/fhir/R4/valueset-type-restful-interaction.html or, where the row has no type,
  /// http://hl7.org/fhir/R4/valueset-system-restful-interaction.html; empty: nothing.
  /// `batch transaction` is both.
  std::string_view capability = {};
  std::size_t max_body_bytes = limits::kHttpBodyBytes;
};

using RouteTable = std::vector<Route>;

/// What a path and method lead to.
struct Match {
  const Route* route = nullptr;    // null: no such path, or no such method when `allowed` is filled
  PathValues path;                 // views into the segments given
  std::string_view resource_type;  // the `{type}` segment; empty where the pattern has none
  std::vector<Method> allowed;     // the methods of the rows whose pattern fits
};

/// Literal segments win over `{…}`; a `{type}` segment fits whatever starts with a capital letter.
[[nodiscard]] Match match_route(const RouteTable& table, Method method,
                                const std::vector<std::string>& segments);

}  // namespace kap::gateway::transport::http

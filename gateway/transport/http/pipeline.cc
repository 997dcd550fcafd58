#include "gateway/transport/http/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <stdexcept>
#include <utility>

#include "gateway/security/token_endpoint.h"
#include "gateway/transport/http/error_response.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

constexpr std::size_t kMaxRequestIdBytes = 64;

bool is_sane_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestIdBytes && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

/// The client's id when it cannot do harm in a log, else the process's random name and a number.
std::string request_id_of(const Headers& headers) {
  static const std::string kProcess = security::random_id().substr(0, 10);
  static std::atomic<std::uint64_t> next{1};
  if (const auto given = headers.find("X-Request-Id"); given && is_sane_id(*given))
    return std::string(*given);
  return fmt::format("{}-{}", kProcess, next.fetch_add(1, std::memory_order_relaxed));
}

char letter_of(security::Interaction interaction) {
  switch (interaction) {
    case security::Interaction::kCreate:
      return 'c';
    case security::Interaction::kRead:
      return 'r';
    case security::Interaction::kUpdate:
      return 'u';
    case security::Interaction::kDelete:
      return 'd';
    case security::Interaction::kSearch:
      return 's';
  }
  return '?';
}

std::unexpected<Response> not_found(std::string_view why) {
  return std::unexpected(
      to_response(Outcome(Category::kNotFound, IssueType::kNotFound, std::string(why))));
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options, observe::Log& log, observe::Metrics& metrics)
    : options_(std::move(options)), log_(log) {
  static constexpr std::array kClasses = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  const auto make = [&](const std::string& method, const std::string& route) {
    Counters counters;
    for (std::size_t i = 2; i < kClasses.size(); ++i) {
      counters.by_class[i] =
          &metrics.counter("kap_http_requests_total", "Requests answered.",
                           {{"method", method}, {"route", route}, {"status", kClasses[i]}});
    }
    counters.seconds = &metrics.histogram(
        "kap_http_request_seconds", "From the end of the head to the start of the response.",
        observe::Metrics::default_buckets(), {{"method", method}, {"route", route}});
    counters_.push_back(counters);
  };
  for (const Route& route : options_.routes) {
    const bool is_public = std::holds_alternative<Public>(route.access);
    if (is_public != std::holds_alternative<PublicHandler>(route.handler))
      throw std::logic_error("a route's handler is not of the kind its access rule demands");
    if (!is_public && options_.authorizer == nullptr)
      throw std::logic_error("a route demands a token and there is no authorizer");
    make(std::string(to_text(route.method)), std::string(route.pattern));
  }
  make("(any)", "(none)");
}

std::expected<security::Permit, Response> Pipeline::authorize(const Request& request) const {
  const auto header = request.headers.find("Authorization");
  if (!header) {
    return std::unexpected(
        unauthenticated(Outcome(Category::kUnauthenticated, IssueType::kLogin,
                                "an access token is needed: Authorization: Bearer <token>"),
                        Presented::kNothing));
  }
  static constexpr std::string_view kScheme = "Bearer ";
  if (header->size() <= kScheme.size() ||
      !equals_ignoring_case(header->substr(0, kScheme.size()), kScheme)) {
    return std::unexpected(unauthenticated(
        Outcome(Category::kUnauthenticated, IssueType::kLogin,
                "the only authorization accepted is: Authorization: Bearer <token>"),
        Presented::kNothing));
  }
  auto permit =
      options_.authorizer->authorize(BearerToken(std::string(header->substr(kScheme.size()))));
  if (permit) return *std::move(permit);
  if (permit.error().category() != Category::kUnauthenticated)
    return std::unexpected(to_response(permit.error()));
  return std::unexpected(unauthenticated(permit.error(), Presented::kToken));
}

std::expected<Admission, Response> Pipeline::admit(const Head& head, Request& request) const {
  // 1. A name for the request, so that every later refusal can be found in the log.
  request.headers = head.headers;
  request.request_id = request_id_of(request.headers);
  request.method = to_method(head.method);
  // 2. The target, decoded once: whoever comes later sees segments and pairs, never escapes.
  auto target = parse_target(head.target);
  if (!target) return std::unexpected(to_response(target.error()));
  request.segments = std::move(target->segments);
  request.query = std::move(target->query);
  // 3. The row, because it says what access the request needs.
  Admission admission;
  admission.match = match_route(options_.routes, request.method, request.segments);
  if (admission.match.route == nullptr) {
    if (!admission.match.allowed.empty())
      return std::unexpected(method_not_allowed(admission.match.allowed));
    if (!request.segments.empty() && request.segments.back().starts_with('$'))
      return std::unexpected(to_response(
          Outcome(Category::kNotFound, IssueType::kNotSupported,
                  "there is no such operation here; the CapabilityStatement lists those "
                  "there are")));
    return not_found("there is nothing at this path; the FHIR base is /fhir");
  }
  const Route& route = *admission.match.route;
  // 4. The token, before anything that would tell a stranger what is there.
  const auto* scoped = std::get_if<Scoped>(&route.access);
  if (!std::holds_alternative<Public>(route.access)) {
    auto permit = authorize(request);
    if (!permit) return std::unexpected(std::move(permit).error());
    admission.permit = *std::move(permit);
  }
  // 5. The type, before its scope: no scope would make an unknown type known.
  const std::string_view type = admission.match.resource_type;
  if (!type.empty() && options_.is_resource_type && !options_.is_resource_type(type))
    return not_found("this is no FHIR R4 resource type");
  // 6. The scope, from the request alone, so that the answer says nothing of what is stored.
  if (scoped != nullptr) {
    const std::string_view on = scoped->type.empty() ? type : scoped->type;
    if (!admission.permit->allows(on, scoped->interaction))
      return std::unexpected(
          insufficient_scope(fmt::format("system/{}.{}", on, letter_of(scoped->interaction))));
  }
  // 7. The body as it is announced, last of what needs none of its bytes: it is only read, and 100
  //    Continue only sent, for a request that will be handled.
  admission.max_body_bytes = route.max_body_bytes;
  if (head.content_length.value_or(0) > route.max_body_bytes)
    return std::unexpected(
        to_response(Fault{413, "the body is larger than this interaction takes"}));
  if (const auto encoding = request.headers.find("Content-Encoding");
      encoding && !equals_ignoring_case(*encoding, "identity"))
    return std::unexpected(
        to_response(Outcome(Category::kUnsupportedMediaType, IssueType::kNotSupported,
                            "bodies are taken without Content-Encoding")));
  return admission;
}

Response Pipeline::handle(const Request& request, const Admission& admission) const {
  const Call call{.request = request, .path = admission.match.path};
  const Route& route = *admission.match.route;
  try {
    if (const auto* handler = std::get_if<PublicHandler>(&route.handler)) return (*handler)(call);
    return std::get<PermitHandler>(route.handler)(call, *admission.permit);
  } catch (const std::exception&) {
    // What it says may quote data, so it goes nowhere.
    log_.write(observe::Line(observe::Level::kError, "http.exception")
                   .field("route", route.pattern)
                   .field("request", request.request_id));
    return to_response(
        Outcome(Category::kInternal, IssueType::kException, "the server failed at this request"));
  }
}

Result<std::string> Pipeline::pull(const Request& request, const Route& route,
                                   BodySource& source) const {
  const auto cut = [&](std::string_view why) {
    log_.write(observe::Line(observe::Level::kWarning, "http.cut")
                   .field("route", route.pattern)
                   .field("request", request.request_id)
                   .field("why", why));
  };
  try {
    auto piece = source.next();
    if (!piece) cut("source");
    return piece;
  } catch (const std::exception&) {
    cut("exception");
    return fail(Category::kInternal, IssueType::kException, "the server failed at this body");
  }
}

void Pipeline::finish(const Request& request, const Route* route, double seconds,
                      Response& response) const {
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(response.headers, [&](const auto& header) {
      return equals_ignoring_case(header.first, name);
    });
  };
  if (!has("Cache-Control")) response.with("Cache-Control", "no-store");
  response.with("X-Content-Type-Options", "nosniff");
  if (options_.transport == PipelineOptions::Transport::kTls)
    response.with("Strict-Transport-Security", "max-age=31536000");
  if (!request.request_id.empty()) response.with("X-Request-Id", request.request_id);

  const std::size_t index = route == nullptr
                                ? options_.routes.size()
                                : static_cast<std::size_t>(route - options_.routes.data());
  const std::size_t status_class = std::clamp<std::size_t>(response.status / 100, 2, 5);
  counters_[index].by_class[status_class]->Increment();
  counters_[index].seconds->Observe(seconds);
  const auto level = response.status >= 500 ? observe::Level::kWarning : observe::Level::kDebug;
  if (!log_.is_on(level)) return;
  log_.write(observe::Line(level, "http.request")
                 .field("method", to_text(request.method))
                 .field("route", route == nullptr ? "(none)" : route->pattern)
                 .field("status", response.status)
                 .field("micros", static_cast<std::int64_t>(seconds * 1e6))
                 .field("request", request.request_id));
}

}  // namespace kap::gateway::transport::http

#include "gateway/transport/http/admin_routes.h"

#include <utility>

namespace kap::gateway::transport::http {
namespace {

Response plain(unsigned status, std::string text) {
  Response response{.status = status, .headers = {}, .body = std::move(text)};
  response.with("Content-Type", "text/plain; charset=utf-8");
  return response;
}

}  // namespace

RouteTable admin_routes(const AdminInteractions& interactions) {
  return {
      {.method = Method::kGet,
       .pattern = "/livez",
       .access = Public{},
       .handler = PublicHandler([](const Call&) { return plain(200, "ok\n"); })},
      {.method = Method::kGet,
       .pattern = "/readyz",
       .access = Public{},
       .handler = PublicHandler([&](const Call&) {
         std::string reason = interactions.unready ? interactions.unready() : std::string();
         return reason.empty() ? plain(200, "ready\n") : plain(503, std::move(reason) + "\n");
       })},
      {.method = Method::kGet,
       .pattern = "/metrics",
       .access = Public{},
       .handler = PublicHandler([&](const Call&) {
         Response response{.status = 200, .headers = {}, .body = interactions.metrics.expose()};
         response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
         return response;
       }),
       .specification = "https://prometheus.io/docs/instrumenting/exposition_formats/"},
  };
}

}  // namespace kap::gateway::transport::http

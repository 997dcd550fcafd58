#include "gateway/transport/http/export_routes.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "gateway/service/bundle.h"
#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

using security::Permit;
using service::Exporter;
using service::ExportLevel;

/// Words of the Prefer header, RFC 7240, without spaces and quotes.
bool prefers(const Request& request, std::string_view preference) {
  std::string prefer = request.headers.joined("Prefer") + ",";
  std::erase_if(prefer, [](char c) { return c == ' ' || c == '"'; });
  for (char& c : prefer)
    if (c == ';') c = ',';
  return ("," + prefer).find("," + std::string(preference) + ",") != std::string::npos;
}

/// The URL that was asked, under our public name.
std::string url_of(const Exporter& exporter, const Request& request) {
  std::string url(exporter.base_url());
  for (std::size_t i = 1; i < request.segments.size(); ++i) url += "/" + request.segments[i];
  char separator = '?';
  for (const QueryPair& pair : request.query) {
    url += separator + service::encode_query_part(pair.name) + "=" +
           service::encode_query_part(pair.value);
    separator = '&';
  }
  return url;
}

Status check_body(const Request& request) {
  if (request.body.empty()) return {};
  const auto type = media_type(request.headers.find("Content-Type").value_or(""));
  if (type == "application/fhir+json" || type == "application/json") return {};
  return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
              "the parameters of a POST are a Parameters resource as application/fhir+json");
}

Result<Response> kick_off(ExportLevel level, const Exporter& exporter, const Call& call,
                          const Permit& permit) {
  const Request& request = call.request;
  KAP_TRY([[maybe_unused]] const Representation representation, negotiate(request));
  KAP_CHECK_OK(check_body(request));
  if (!prefers(request, "respond-async"))
    return fail(Category::kInvalidRequest, IssueType::kRequired,
                "an export is asynchronous; it takes the header Prefer: respond-async");
  service::ExportInput input{.level = level,
                             .handling = prefers(request, "handling=lenient")
                                             ? service::Handling::kLenient
                                             : service::Handling::kStrict,
                             .url = url_of(exporter, request)};
  if (level == ExportLevel::kGroup) {
    KAP_TRY(const ResourceId group, parse_id(call.path.front()));
    input.group = group.text();
  }
  for (const QueryPair& pair : request.query) input.query.emplace_back(pair.name, pair.value);
  if (request.method == Method::kPost) input.body = request.body;
  KAP_TRY(const std::string job, exporter.kick_off(permit, input));
  Response response{.status = 202, .headers = {}, .body = {}};
  response.with("Content-Location", exporter.status_url(job));
  return response;
}

Response encode_status(const service::ExportProgress& progress) {
  Response response{.status = 202, .headers = {}, .body = {}};
  response.with("X-Progress", progress.text);
  response.with("Retry-After", std::to_string(progress.retry_after.count()));
  return response;
}

Response encode_status(const service::ExportDone& done) {
  Response response{.status = 200, .headers = {}, .body = done.manifest};
  response.with("Content-Type", "application/json");
  response.with("Expires", to_http_date(done.expires));
  return response;
}

Response encode_status(const service::ExportFailed& failed) {
  Response response{.status = 500, .headers = {}, .body = failed.outcome};
  response.with("Content-Type", std::string(kFhirJson));
  return response;
}

Result<Response> status(const Exporter& exporter, const Call& call, const Permit& permit) {
  KAP_TRY(const auto status, exporter.status(permit, call.path.front()));
  return std::visit([](const auto& one) { return encode_status(one); }, status);
}

Result<Response> cancel(const Exporter& exporter, const Call& call, const Permit& permit) {
  KAP_CHECK_OK(exporter.cancel(permit, call.path.front()));
  return Response{.status = 202, .headers = {}, .body = {}};
}

class FileSource final : public BodySource {
 public:
  explicit FileSource(std::unique_ptr<service::ExportFile> file) : file_(std::move(file)) {}
  Result<std::string> next() override { return file_->next(); }

 private:
  std::unique_ptr<service::ExportFile> file_;
};

Result<Response> download(const Exporter& exporter, const Call& call, const Permit& permit) {
  KAP_TRY(auto file, exporter.open(permit, call.path[0], call.path[1]));
  Response response{.status = 200,
                    .headers = {},
                    .body = {},
                    .source = std::make_shared<FileSource>(std::move(file))};
  response.with("Content-Type", "application/fhir+ndjson");
  return response;
}

}  // namespace

RouteTable export_routes(const Exporter& exporter) {
  constexpr std::string_view kGuide = "http://hl7.org/fhir/uv/bulkdata/export.html";
  RouteTable table;
  const auto add = [&](Method method, std::string_view pattern, Execution execution, auto handler) {
    table.push_back({.method = method,
                     .pattern = pattern,
                     .access = Authenticated{},
                     .execution = execution,
                     .handler = permitted(exporter, handler),
                     .specification = kGuide});
  };
  const auto add_kick_off = [&](std::string_view pattern, ExportLevel level) {
    const auto handler = [level](const Exporter& on, const Call& call, const Permit& permit) {
      return kick_off(level, on, call, permit);
    };
    add(Method::kGet, pattern, Execution::kWriting, handler);
    add(Method::kPost, pattern, Execution::kWriting, handler);
  };
  add_kick_off("/fhir/$export", ExportLevel::kSystem);
  add_kick_off("/fhir/Patient/$export", ExportLevel::kPatient);
  add_kick_off("/fhir/Group/{id}/$export", ExportLevel::kGroup);
  add(Method::kGet, "/fhir/_export/{job}", Execution::kPooled, &status);
  add(Method::kDelete, "/fhir/_export/{job}", Execution::kWriting, &cancel);
  add(Method::kGet, "/fhir/_export/{job}/{file}", Execution::kPooled, &download);
  return table;
}

}  // namespace kap::gateway::transport::http

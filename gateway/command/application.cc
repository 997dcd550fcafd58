#include "gateway/command/application.h"

#include <chrono>
#include <future>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/definitions/profiles.h"
#include "fhir/definitions/types.h"
#include "fhir/validate/validator.h"
#include "gateway/command/ingest.h"
#include "gateway/command/metadata.h"
#include "gateway/command/open_store.h"
#include "gateway/command/state_lock.h"
#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"
#include "gateway/security/access_token.h"
#include "gateway/security/authorizer.h"
#include "gateway/security/client_registry.h"
#include "gateway/security/smart_configuration.h"
#include "gateway/security/token_endpoint.h"
#include "gateway/service/exporter.h"
#include "gateway/service/operations/operations.h"
#include "gateway/service/resources.h"
#include "gateway/service/shipped_resources.h"
#include "gateway/service/write_context.h"
#include "gateway/transport/grpc/server.h"
#include "gateway/transport/http/admin_routes.h"
#include "gateway/transport/http/auth_routes.h"
#include "gateway/transport/http/bundle_routes.h"
#include "gateway/transport/http/definition_routes.h"
#include "gateway/transport/http/export_routes.h"
#include "gateway/transport/http/history_routes.h"
#include "gateway/transport/http/metadata_routes.h"
#include "gateway/transport/http/operation_routes.h"
#include "gateway/transport/http/read_routes.h"
#include "gateway/transport/http/search_routes.h"
#include "gateway/transport/http/server.h"
#include "gateway/transport/http/write_routes.h"
#include "gateway/transport/tls/server_context.h"

namespace kap::gateway::command {
namespace {

namespace http = transport::http;
namespace tls = transport::tls;

observe::Level to_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return observe::Level::kDebug;
    case config::LogLevel::kInfo:
      return observe::Level::kInfo;
    case config::LogLevel::kWarning:
      return observe::Level::kWarning;
    case config::LogLevel::kError:
      return observe::Level::kError;
  }
  return observe::Level::kInfo;
}

Result<std::vector<std::string>> profiles_of(const config::ValidationSettings& settings) {
  std::vector<std::string> profiles;
  std::istringstream words(settings.profiles);
  for (std::string url; words >> url;) {
    if (fhir::definitions::find_profile(url) == nullptr) {
      return fail(Category::kInvalidRequest, IssueType::kNotFound,
                  url + " is no profile of FHIR R4, US Core 6.1.0 or US Core 7.0.0",
                  "validation.profiles");
    }
    profiles.push_back(std::move(url));
  }
  return profiles;
}

bool is_resource_type(std::string_view name) {
  return fhir::definitions::find_resource_type(name) != nullptr;
}

}  // namespace

/// In the order of construction; each may use those above it.
class Application::Parts {
 public:
  explicit Parts(const config::Settings& given) : settings(given), log(to_level(given.log.level)) {}

  Status open();
  Status connect();
  [[nodiscard]] http::RouteTable routes_of_https();
  Status listen_https();
  Status listen_mtls();
  Status listen_admin();
  Status listen_grpc();

  config::Settings settings;
  SystemClock clock;
  observe::Log log;
  observe::Metrics metrics;
  Ports ports;

  std::optional<StateLock> lock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Ingest> ingest;
  std::optional<security::SigningKey> signing_key;
  std::optional<security::StoreClientRegistry> clients;
  std::optional<security::Authorizer> authorizer;
  std::optional<security::TokenEndpoint> tokens;
  std::optional<service::ShippedResources> shipped;
  std::optional<service::Reader> reader;
  service::RandomIds ids;
  std::optional<fhir::validate::Validator> validator;
  std::optional<service::Writer> writer;
  std::optional<service::OperationContext> operation_context;
  std::optional<service::Exporter> exporter;
  std::optional<service::DefinitionResources> definition_resources;
  http::Metadata metadata;  // made of the rows
  std::optional<http::AuthInteractions> auth;
  std::optional<http::AdminInteractions> admin;
  std::unique_ptr<transport::grpc::Server> grpc;
  std::unique_ptr<http::Server> https;
};

/// What needs the disk and the maps. The store opens while the definitions are read.
Status Application::Parts::open() {
  KAP_TRY(auto acquired, StateLock::acquire(settings.state_dir));
  lock.emplace(std::move(acquired));
  auto definitions = std::async(std::launch::async, [] { fhir::definitions::load(); });
  KAP_TRY(store, open_store(settings, clock));
  KAP_TRY(auto key, security::SigningKey::load_or_create(settings.state_dir / "token.key"));
  signing_key.emplace(std::move(key));
  definitions.get();
  KAP_TRY(ingest, Ingest::make(settings, *store, clock));
  return {};
}

Status Application::Parts::connect() {
  clients.emplace(*store);
  authorizer.emplace(security::AuthorizerOptions{.issuer = settings.public_url,
                                                 .audience = settings.fhir_base(),
                                                 .clock_skew = settings.security.clock_skew,
                                                 .cache_lifetime = settings.security.token_cache},
                     *signing_key, *clients, clock);
  tokens.emplace(security::TokenEndpointOptions{.issuer = settings.public_url,
                                                .audience = settings.fhir_base(),
                                                .token_url = settings.token_url(),
                                                .token_lifetime = settings.security.token_lifetime,
                                                .max_assertion_lifetime =
                                                    settings.security.max_assertion_lifetime,
                                                .clock_skew = settings.security.clock_skew},
                 *signing_key, *clients, clock);
  KAP_TRY(shipped, service::ShippedResources::make(ingest->maps(), clock.now()));
  reader.emplace(*store, clock, settings.fhir_base(), &ingest->maps().terminology(), &*shipped);
  KAP_TRY(auto profiles, profiles_of(settings.validation));
  validator.emplace(fhir::validate::ValidatorOptions{.terminology = &ingest->maps().terminology(),
                                                     .clock = &clock,
                                                     .profiles = std::move(profiles)});
  writer.emplace(service::Writer{.reader = *reader, .ids = ids, .validator = &*validator});
  operation_context.emplace(service::OperationContext{
      .reader = *reader, .writer = &*writer, .maps = &ingest->maps(), .validator = &*validator});
  definition_resources.emplace(service::operations(), settings.fhir_base());
  exporter.emplace(*reader, ids,
                   service::ExportOptions{.jobs_per_client = settings.bulk_export.jobs_per_client,
                                          .part_resources = settings.bulk_export.part_resources,
                                          .lifetime = settings.bulk_export.lifetime},
                   [this](const ClientId& client, std::string_view scopes) {
                     return authorizer->permit_for_client(client, scopes);
                   });
  auth.emplace(http::AuthInteractions{
      .tokens = *tokens,
      .key = *signing_key,
      .smart_configuration = security::encode_smart_configuration(
          {.token_url = settings.token_url(), .jwks_url = settings.public_url + "/auth/jwks"})});
  admin.emplace(http::AdminInteractions{.metrics = metrics, .unready = [this]() -> std::string {
                                          if (https->is_draining()) return "draining";
                                          const auto health = store->health();
                                          return health.readable ? "" : health.reason;
                                        }});
  https = std::make_unique<http::Server>(
      settings.http, http::PoolSettings{.search = settings.search, .write = settings.write},
      http::Server::Dependencies{.clock = clock, .log = log, .metrics = metrics});
  return {};
}

/// Every group of rows; what stands here is what the server does.
http::RouteTable Application::Parts::routes_of_https() {
  http::RouteTable table;
  const auto add = [&table](http::RouteTable group) {
    for (auto& route : group) table.push_back(std::move(route));
  };
  add(http::metadata_routes(metadata));
  add(http::definition_routes(*definition_resources));
  add(http::read_routes(*reader));
  add(http::write_routes(*writer));
  add(http::history_routes(*reader, settings.search.deadline));
  add(http::bundle_routes(*writer, {.context = &*operation_context, .table = service::operations()},
                          settings.search.deadline));
  add(http::search_routes(*reader, settings.search.deadline));
  add(http::operation_routes(*operation_context, service::operations(), settings.search.deadline));
  add(http::export_routes(*exporter));
  add(http::auth_routes(*auth));
  metadata = make_metadata({.settings = settings,
                            .clock = clock,
                            .routes = table,
                            .operations = service::operations(),
                            .terminology = ingest->maps().terminology()});
  return table;
}

Status Application::Parts::listen_https() {
  auto routes = routes_of_https();
  KAP_TRY(auto context,
          tls::ServerContext::make(settings.http.tls, tls::ClientCertificates::kNever, clock));
  http::ListenerOptions options{
      .address = settings.http.address,
      .port = settings.http.port,
      .tls = std::move(context),
      .pipeline = {
          .routes = routes, .authorizer = &*authorizer, .is_resource_type = is_resource_type}};
  KAP_TRY(ports.https, https->listen(std::move(options)));
  if (settings.http.tls.client_ca.empty()) return {};
  KAP_TRY(auto mtls_context,
          tls::ServerContext::make(settings.http.tls, tls::ClientCertificates::kRequired, clock));
  http::ListenerOptions mtls{.address = settings.http.address,
                             .port = settings.http.mtls_port,
                             .tls = std::move(mtls_context),
                             .pipeline = {.routes = std::move(routes),
                                          .authorizer = &*authorizer,
                                          .is_resource_type = is_resource_type}};
  KAP_TRY(ports.mtls, https->listen(std::move(mtls)));
  return {};
}

Status Application::Parts::listen_admin() {
  http::ListenerOptions options{
      .address = settings.admin.address,
      .port = settings.admin.port,
      .tls = {},
      .pipeline = {.routes = http::admin_routes(*admin),
                   .transport = http::PipelineOptions::Transport::kPlain}};
  KAP_TRY(ports.admin, https->listen(std::move(options)));
  return {};
}

Status Application::Parts::listen_grpc() {
  KAP_TRY(grpc,
          transport::grpc::Server::start(settings.grpc, {.intake = ingest->intake(),
                                                         .reader = *reader,
                                                         .writer = *writer,
                                                         .authorizer = *authorizer,
                                                         .metrics = metrics,
                                                         .operation_context = *operation_context,
                                                         .operations = service::operations()}));
  ports.grpc = grpc->port();
  return {};
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Application::~Application() { drain(); }

Result<std::unique_ptr<Application>> Application::start(const config::Settings& settings) {
  const auto begin = std::chrono::steady_clock::now();
  auto parts = std::make_unique<Parts>(settings);
  KAP_CHECK_OK(parts->open());
  KAP_CHECK_OK(parts->connect());
  KAP_CHECK_OK(parts->listen_https());
  KAP_CHECK_OK(parts->listen_admin());
  KAP_CHECK_OK(parts->listen_grpc());
  parts->https->start();
  KAP_CHECK_OK(parts->ingest->resume());
  KAP_CHECK_OK(parts->exporter->resume());
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  parts->log.write(observe::Line(observe::Level::kInfo, "gateway.ready")
                       .field("version", KAP_VERSION)
                       .field("https_port", parts->ports.https)
                       .field("mtls_port", parts->ports.mtls)
                       .field("grpc_port", parts->ports.grpc)
                       .field("admin_port", parts->ports.admin)
                       .field("milliseconds", elapsed.count()));
  return std::unique_ptr<Application>(new Application(std::move(parts)));
}

const Ports& Application::ports() const { return parts_->ports; }

void Application::drain() {
  if (!parts_->grpc) return;
  parts_->log.write(observe::Line(observe::Level::kInfo, "gateway.draining"));
  parts_->grpc->drain(parts_->settings.http.drain_timeout);
  parts_->https->stop();
  parts_->ingest->drain();
  parts_->exporter.reset();
  parts_->grpc.reset();
  parts_->store.reset();
  parts_->log.write(observe::Line(observe::Level::kInfo, "gateway.stopped"));
}

}  // namespace kap::gateway::command

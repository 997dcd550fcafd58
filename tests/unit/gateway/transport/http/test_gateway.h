#pragma once

#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"
#include "gateway/security/authorizer.h"
#include "gateway/security/token_endpoint.h"
#include "gateway/service/resources.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "gateway/transport/http/admin_routes.h"
#include "gateway/transport/http/auth_routes.h"
#include "gateway/transport/http/history_routes.h"
#include "gateway/transport/http/metadata_routes.h"
#include "gateway/transport/http/read_routes.h"
#include "gateway/transport/http/search_routes.h"
#include "gateway/transport/http/server.h"
#include "tests/unit/gateway/security/fake_client.h"
#include "tests/unit/gateway/transport/tls/test_certificates.h"

namespace kap::gateway::transport::http {

/// A blocking connection that sends raw bytes, over TLS or plain. Gives up after ten seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, bool use_tls = true, const std::string& certificate = {},
                     const std::string& key = {})
      : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free), ssl_(nullptr, &SSL_free) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_open = connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
    if (!use_tls || !is_open) return;
    if (!certificate.empty()) {
      SSL_CTX_use_certificate_file(context_.get(), certificate.c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM);
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    is_open = SSL_connect(ssl_.get()) == 1;
  }
  ~RawClient() {
    ERR_clear_error();
    close(socket_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t size = 0;
      if (ssl_) {
        if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size) != 1) return false;
      } else {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        size = static_cast<std::size_t>(sent);
      }
      bytes.remove_prefix(size);
    }
    return true;
  }
  void end_sending() { shutdown(socket_, SHUT_WR); }

  /// Everything until the server closes.
  std::string read_all() {
    while (read_more()) {
    }
    return std::exchange(input_, {});
  }
  /// One response with a Content-Length; `no_body` after HEAD.
  std::string read_response(bool no_body = false) {
    std::size_t end = std::string::npos;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos)
      if (!read_more()) return std::exchange(input_, {});
    std::size_t size = end + 4;
    const std::size_t at = input_.find("Content-Length: ");
    if (!no_body && at < end) size += std::stoul(input_.substr(at + 16));
    while (input_.size() < size)
      if (!read_more()) break;
    const std::string response = input_.substr(0, size);
    input_.erase(0, size);
    return response;
  }

  bool is_open = false;

 private:
  bool read_more() {
    char buffer[65536];
    std::size_t size = 0;
    if (ssl_) {
      if (SSL_read_ex(ssl_.get(), buffer, sizeof(buffer), &size) != 1) return false;
    } else {
      const auto got = recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) return false;
      size = static_cast<std::size_t>(got);
    }
    input_.append(buffer, size);
    return true;
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  int socket_ = -1;
  std::string input_;
};

inline unsigned status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ")
             ? static_cast<unsigned>(std::stoul(response.substr(9, 3)))
             : 0;
}

/// A store in a folder of its own, which goes with it.
class TestStore {
 public:
  explicit TestStore(const Clock& clock) {
    std::string pattern = (std::filesystem::temp_directory_path() / "kap-http-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store_ = *store::open_sqlite({.path = folder_ / "kap.db", .clock = &clock});
  }
  ~TestStore() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestStore(const TestStore&) = delete;
  TestStore& operator=(const TestStore&) = delete;

  store::Store& operator*() { return *store_; }

  /// The next version of Basic/`id`; `member` is one more member of it.
  void put(const std::string& id, const std::string& member = R"("language":"en")") {
    const std::string head = R"({"resourceType":"Basic","id":")" + id + R"(","meta":{)";
    write({.type = "Basic",
           .id = ResourceId(id),
           .body = head + R"("source":"urn:test"},)" + member + "}",
           .meta_offset = head.size()});
  }
  void remove(const std::string& id) {
    write({.operation = store::ResourceWrite::Operation::kDelete,
           .type = "Basic",
           .id = ResourceId(id)});
  }

 private:
  void write(store::ResourceWrite resource) {
    store::WriteUnit unit{.clinic = ClinicId("east")};
    unit.resources.push_back(std::move(resource));
    if (store_->submit(std::move(unit)).get()->status != store::WriteStatus::kWritten)
      throw std::runtime_error("the test's resource was not written");
  }

  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
};

/// What the test's sources do, seen from outside.
struct SourceProbe {
  std::atomic<int> pulled{0};
  std::atomic<int> alive{0};
};

/// Gives `pieces` pieces of `size` bytes, then its end or, when it is broken, an error.
class TestSource final : public BodySource {
 public:
  struct Options {
    int pieces = 0;
    std::size_t size = 0;
    enum class End : std::uint8_t { kWhole, kError, kThrow } end = End::kWhole;
  };
  TestSource(SourceProbe& probe, Options options) : probe_(probe), options_(options) {
    ++probe_.alive;
  }
  ~TestSource() override {
    --probe_.alive;
    probe_.alive.notify_all();
  }

  Result<std::string> next() override {
    ++probe_.pulled;
    if (given_ < options_.pieces) {
      const char letter = static_cast<char>('a' + given_++ % 26);
      return std::string(options_.size, letter);
    }
    if (options_.end == Options::End::kThrow) throw std::runtime_error("secret of a patient");
    if (options_.end == Options::End::kError)
      return fail(Category::kInternal, IssueType::kException, "broken");
    return std::string();
  }

 private:
  SourceProbe& probe_;
  Options options_;
  int given_ = 0;
};

/// The HTTP side of a gateway in this process. Basic/1 has three versions, Basic/big 300 kB,
/// Basic/gone was deleted; Basic/broken throws, and /slow waits while `is_blocked` is set.
class TestGateway {
 public:
  static config::HttpSettings quick_settings() {
    config::HttpSettings settings;
    settings.threads = 2;
    settings.max_body_bytes = 1U << 20U;
    settings.drain_timeout = std::chrono::milliseconds(2000);
    return settings;
  }

  explicit TestGateway(const config::HttpSettings& settings = quick_settings(),
                       config::SearchSettings search = {.workers = 2, .queue = 2})
      : server(settings, {.search = search, .write = {}},
               {.clock = clock, .log = log, .metrics = metrics}) {
    registry.clients[ClientId("ehr")] = {.id = ClientId("ehr"),
                                         .name = "EHR",
                                         .jwks = security::FakeKeys::get().jwks(),
                                         .scopes = "system/*.cruds",
                                         .clinics = {ClinicId("east")},
                                         .created = {}};
    for (int i = 0; i < 3; ++i) store.put("1", R"("number":1.00)");
    store.put("big", R"("text":")" + std::string(300'000, 'x') + "\"");
    store.put("gone");
    store.remove("gone");
    const config::TlsFiles files{.certificate = certificates.path("server.pem"),
                                 .key = certificates.path("server.key"),
                                 .client_ca = certificates.path("ca.pem")};
    port = listen(files, tls::ClientCertificates::kNever);
    mtls_port = listen(files, tls::ClientCertificates::kRequired);
    admin_port = *server.listen({.address = "127.0.0.1",
                                 .port = 0,
                                 .tls = {},
                                 .pipeline = {.routes = admin_routes(admin),
                                              .transport = PipelineOptions::Transport::kPlain}});
    server.start();
  }

  std::string token(const std::string& scope = "system/*.cruds") {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.now());
    return security::sign_access_token(key, {.issuer = "https://gw",
                                             .audience = "https://gw/fhir",
                                             .client = ClientId("ehr"),
                                             .scope = scope,
                                             .jti = "t",
                                             .issued = now,
                                             .expires = now + std::chrono::seconds(300)})
        ->text();
  }
  /// A request with a token; `rest` is more header lines and, after an empty line, the body.
  std::string request(const std::string& line, const std::string& rest = "\r\n") {
    return line + " HTTP/1.1\r\nHost: gw\r\nAuthorization: Bearer " + token() + "\r\n" + rest;
  }
  std::string exchange(const std::string& bytes) {
    RawClient client(port);
    client.send(bytes);
    return client.read_response();
  }

  tls::TestCertificates certificates;
  SystemClock clock;
  observe::Log log{observe::Level::kError, [](std::string_view) {}};
  observe::Metrics metrics;
  security::FakeRegistry registry;
  security::SigningKey key = *security::SigningKey::generate();
  security::Authorizer authorizer{
      {.issuer = "https://gw", .audience = "https://gw/fhir"}, key, registry, clock};
  security::TokenEndpoint tokens{
      {.issuer = "https://gw", .audience = "https://gw/fhir", .token_url = "https://gw/auth/token"},
      key,
      registry,
      clock};
  TestStore store{clock};
  service::Reader reader{.store = *store, .clock = clock, .base_url = "https://gw/fhir"};
  Metadata metadata{.full = R"({"resourceType":"CapabilityStatement"})",
                    .normative = R"({"resourceType":"CapabilityStatement","kind":"instance"})",
                    .terminology = R"({"resourceType":"TerminologyCapabilities"})"};
  AuthInteractions auth{.tokens = tokens, .key = key, .smart_configuration = "{}"};
  AdminInteractions admin{.metrics = metrics, .unready = [] { return std::string(); }};
  std::atomic<bool> is_blocked{false};
  SourceProbe sources;
  std::uint16_t port = 0;
  std::uint16_t mtls_port = 0;
  std::uint16_t admin_port = 0;
  Server server;

 private:
  std::uint16_t listen(const config::TlsFiles& files, tls::ClientCertificates clients) {
    RouteTable routes = rows_of_the_test();
    const auto add = [&routes](RouteTable group) {
      for (Route& route : group) routes.push_back(std::move(route));
    };
    add(metadata_routes(metadata));
    add(read_routes(reader));
    add(history_routes(reader, std::chrono::seconds(10)));
    add(search_routes(reader, std::chrono::seconds(10)));
    add(auth_routes(auth));
    return *server.listen(
        {.address = "127.0.0.1",
         .port = 0,
         .tls = *tls::ServerContext::make(files, clients, clock),
         .pipeline = {.routes = std::move(routes),
                      .authorizer = &authorizer,
                      .is_resource_type = [](std::string_view type) { return type != "Foo"; }}});
  }

  /// /stream/{pieces}/{size}/{whole|error|throw}
  Response stream(const Call& call) {
    TestSource::Options options{.pieces = std::stoi(std::string(call.path[0])),
                                .size = std::stoul(std::string(call.path[1]))};
    if (call.path[2] == "error") options.end = TestSource::Options::End::kError;
    if (call.path[2] == "throw") options.end = TestSource::Options::End::kThrow;
    Response response{.status = 200,
                      .headers = {{"Content-Type", "application/fhir+ndjson"}},
                      .body = {},
                      .source = std::make_shared<TestSource>(sources, options)};
    return response;
  }

  RouteTable rows_of_the_test() {
    return {{.method = Method::kGet,
             .pattern = "/stream/{pieces}/{size}/{end}",
             .access = Authenticated{},
             .handler = PermitHandler(
                 [this](const Call& call, const security::Permit&) { return stream(call); })},
            {.method = Method::kGet,
             .pattern = "/fhir/Basic/broken",
             .access = Authenticated{},
             .handler = PermitHandler([](const Call&, const security::Permit&) -> Response {
               throw std::runtime_error("secret of a patient");
             })},
            {.method = Method::kGet,
             .pattern = "/slow",
             .access = Authenticated{},
             .execution = Execution::kPooled,
             .handler = PermitHandler([this](const Call& call, const security::Permit&) {
               while (is_blocked) std::this_thread::yield();
               return Response{.status = 200, .headers = {}, .body = call.request.query[0].value};
             })}};
  }
};

}  // namespace kap::gateway::transport::http

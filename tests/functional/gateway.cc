#include "tests/functional/gateway.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "fhir/json/parse.h"

namespace kap::functional {
namespace {

constexpr std::chrono::seconds kStartWithin{60};

/// The value of a number field of a JSON log line.
std::uint16_t number_in(std::string_view line, std::string_view name) {
  const auto key = fmt::format("\"{}\":", name);
  const auto place = line.find(key);
  if (place == std::string_view::npos) return 0;
  return static_cast<std::uint16_t>(std::stoi(std::string(line.substr(place + key.size(), 6))));
}

/// A port that was free just now. The HTTPS port must be known before the start, because public_url
/// and with it the audience of every token holds it.
std::uint16_t find_free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(descriptor, generic, size) != 0 || getsockname(descriptor, generic, &size) != 0)
    throw std::runtime_error("no free port");
  close(descriptor);
  return ntohs(address.sin_port);
}

}  // namespace

std::string source(const std::string& path) { return std::string(KAP_SOURCE_DIR) + "/" + path; }
std::string data(const std::string& path) { return source("tests/data/" + path); }

const Pki& Pki::shared() {
  static const Pki pki;
  return pki;
}

Pki::Pki() {
  const auto made = run({source("certs/make-dev-certs"), directory_.path().string()});
  if (made.code != 0) throw std::runtime_error("no certificates: " + made.output);
}

Gateway::Gateway(std::filesystem::path state)
    : state_(state.empty() ? scratch_.path() / "state" : std::move(state)),
      config_(scratch_.path() / "gateway.toml"),
      https_(find_free_port()) {
  write_config();
}

void Gateway::write_config() {
  const auto& pki = Pki::shared();
  write_file(config_, fmt::format(R"(public_url = "https://localhost:{0}"
state_dir = "{1}"
[http]
port = {0}
mtls_port = 0
certificate = "{2}"
key = "{3}"
client_ca = "{4}"
[grpc]
port = 0
client_ca = "{4}"
[admin]
port = 0
)",
                                  https_, state_.string(), pki.file("server.pem"),
                                  pki.file("server.key"), pki.file("ca.pem")));
}

bool Gateway::start() {
  process_ = std::make_unique<Process>(
      std::vector<std::string>{KAP_GATEWAY, "serve", "--config", config_.string()},
      scratch_.path() / fmt::format("log-{}", ++starts_));
  const auto end = std::chrono::steady_clock::now() + kStartWithin;
  while (std::chrono::steady_clock::now() < end) {
    if (read_ports()) return true;
    if (!process_->is_running()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

bool Gateway::read_ports() {
  const auto log = process_->output();
  const auto ready = log.find("\"gateway.ready\"");
  if (ready == std::string::npos || log.find('\n', ready) == std::string::npos) return false;
  const auto line = std::string_view(log).substr(ready, log.find('\n', ready) - ready);
  grpc_ = number_in(line, "grpc_port");
  admin_ = number_in(line, "admin_port");
  return true;
}

std::optional<Exit> Gateway::stop() {
  process_->kill(SIGTERM);
  return process_->wait(std::chrono::seconds(30));
}

void Gateway::crash() {
  process_->kill(SIGKILL);
  process_->wait();
}

std::string Gateway::token(const std::string& scopes) {
  const auto& pki = Pki::shared();
  if (!is_registered_) {
    const auto registered =
        run({KAP_GATEWAY, "client", "register", "--config", config(), "--id", Pki::kClient,
             "--name", "Functional test", "--jwks", pki.file("ehr-jwks.json"), "--scope",
             "system/*.cruds", "--clinic", Pki::kClinic, "--replace"});
    if (registered.code != 0) throw std::runtime_error("no client: " + registered.output);
    is_registered_ = true;
  }
  const auto url = fmt::format("https://localhost:{}/auth/token", https_);
  auto token =
      run({KAP_GATEWAY, "client", "token", "--token-url", url, "--client-id", Pki::kClient, "--jwk",
           pki.file("ehr-private.jwk.json"), "--ca", pki.file("ca.pem"), "--scope", scopes});
  if (token.code != 0) throw std::runtime_error("no token: " + token.output);
  while (!token.output.empty() && token.output.back() == '\n') token.output.pop_back();
  return token.output;
}

HttpResponse Gateway::send(HttpRequest request, const std::string& token) const {
  if (!token.empty()) request.headers.push_back("Authorization: Bearer " + token);
  if (request.url.starts_with('/') || request.url.starts_with('?') || request.url.empty())
    request.url = fhir_base() + request.url;
  return exchange(request);
}

HttpResponse Gateway::get(const std::string& path, const std::string& token,
                          const std::vector<std::string>& headers) const {
  return send({.url = path, .headers = headers}, token);
}

long Gateway::count(const std::string& type, const std::string& token) const {
  const auto response = get("/" + type + "?_summary=count", token);
  const auto document = fhir::json::parse(response.body);
  if (response.status != 200 || !document) return -1;
  const auto* total = document->root.find("total");
  return total == nullptr ? -1 : std::stol(std::string(total->text()));
}

std::string Gateway::endpoint() const { return fmt::format("localhost:{}", grpc_); }
std::string Gateway::fhir_base() const { return fmt::format("https://localhost:{}/fhir", https_); }

std::vector<std::string> Gateway::submit_arguments(const std::vector<std::string>& paths) const {
  const auto& pki = Pki::shared();
  std::vector<std::string> arguments{
      KAP_CLINIC,         "submit", "--endpoint",           endpoint(), "--ca",
      pki.file("ca.pem"), "--cert", pki.file("clinic.pem"), "--key",    pki.file("clinic.key")};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  return arguments;
}

Finished Gateway::submit(const std::vector<std::string>& paths,
                         const std::vector<std::string>& more) const {
  auto arguments = submit_arguments(paths);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

}  // namespace kap::functional

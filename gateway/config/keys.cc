#include "gateway/config/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace kap::gateway::config {
namespace {

constexpr std::int64_t kPort = 65'535;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMebi = 1 << 20;

const std::array kKeys = {
    Key{"public_url", +[](Settings& s) -> auto& { return s.public_url; },
        "https://host[:port] under which callers reach the gateway; links, iss and aud use it", 0,
        0, Need::kRequired},
    Key{"state_dir", +[](Settings& s) -> auto& { return s.state_dir; },
        "folder of the database, the token signing key and the identifier key", 0, 0,
        Need::kRequired},
    Key{"http.address", +[](Settings& s) -> auto& { return s.http.address; },
        "address of both HTTPS listeners"},
    Key{"http.port", +[](Settings& s) -> auto& { return s.http.port; },
        "HTTPS port; 0 takes any free one", 0, kPort},
    Key{"http.mtls_port", +[](Settings& s) -> auto& { return s.http.mtls_port; },
        "HTTPS port that demands a client certificate; listens only with http.client_ca", 0, kPort},
    Key{"http.certificate", +[](Settings& s) -> auto& { return s.http.tls.certificate; },
        "PEM file: the server's certificate and its chain", 0, 0, Need::kRequired},
    Key{"http.key", +[](Settings& s) -> auto& { return s.http.tls.key; },
        "PEM file: its private key, readable by its owner (and group) alone", 0, 0,
        Need::kRequired},
    Key{"http.client_ca", +[](Settings& s) -> auto& { return s.http.tls.client_ca; },
        "PEM file: what client certificates on the mTLS port must chain to"},
    Key{"http.threads", +[](Settings& s) -> auto& { return s.http.threads; },
        "I/O threads; 0 means one a core", 0, 256},
    Key{"http.max_connections", +[](Settings& s) -> auto& { return s.http.max_connections; },
        "open connections; more are closed at once", 1, 1'000'000},
    Key{"http.max_header_bytes", +[](Settings& s) -> auto& { return s.http.max_header_bytes; },
        "request line and headers", 1024, kMebi},
    Key{"http.max_body_bytes", +[](Settings& s) -> auto& { return s.http.max_body_bytes; },
        "one request body", 1024, 1024 * kMebi},
    Key{"http.max_buffered_body_bytes",
        +[](Settings& s) -> auto& { return s.http.max_buffered_body_bytes; },
        "the bodies of all requests in progress together", 1024},
    Key{"http.handshake_timeout_ms", +[](Settings& s) -> auto& { return s.http.handshake_timeout; },
        "from connect to the end of the TLS handshake", 1, kHourMs},
    Key{"http.header_timeout_ms", +[](Settings& s) -> auto& { return s.http.header_timeout; },
        "from the first byte of a request to the end of its headers", 1, kHourMs},
    Key{"http.body_timeout_ms", +[](Settings& s) -> auto& { return s.http.body_timeout; },
        "for the whole body", 1, kHourMs},
    Key{"http.idle_timeout_ms", +[](Settings& s) -> auto& { return s.http.idle_timeout; },
        "a kept connection without a request", 1, kHourMs},
    Key{"http.write_timeout_ms", +[](Settings& s) -> auto& { return s.http.write_timeout; },
        "for the whole response", 1, kHourMs},
    Key{"http.drain_timeout_ms", +[](Settings& s) -> auto& { return s.http.drain_timeout; },
        "how long requests in progress may go on after SIGTERM", 0, kHourMs},
    Key{"http.gzip_level", +[](Settings& s) -> auto& { return s.http.gzip_level; },
        "how hard answers are compressed for who accepts gzip, 1 to 9; 0 never", 0, 9},
    Key{"http.gzip_min_bytes", +[](Settings& s) -> auto& { return s.http.gzip_min_bytes; },
        "smaller answers are sent as they are", 0, 1024 * kMebi},
    Key{"grpc.address", +[](Settings& s) -> auto& { return s.grpc.address; },
        "address of the gRPC listener"},
    Key{"grpc.port", +[](Settings& s) -> auto& { return s.grpc.port; },
        "gRPC port; 0 takes any free one", 0, kPort},
    Key{"grpc.certificate", +[](Settings& s) -> auto& { return s.grpc.tls.certificate; },
        "PEM file; http.certificate when not set"},
    Key{"grpc.key", +[](Settings& s) -> auto& { return s.grpc.tls.key; },
        "PEM file; http.key when not set"},
    Key{"grpc.client_ca", +[](Settings& s) -> auto& { return s.grpc.tls.client_ca; },
        "PEM file: what client certificates must chain to; always demanded", 0, 0, Need::kRequired},
    Key{"grpc.max_streams", +[](Settings& s) -> auto& { return s.grpc.max_streams; },
        "concurrent streams of one connection", 1, 10'000},
    Key{"grpc.max_memory_bytes", +[](Settings& s) -> auto& { return s.grpc.max_memory_bytes; },
        "memory of all gRPC buffers", kMebi},
    Key{"grpc.max_record_bytes", +[](Settings& s) -> auto& { return s.grpc.max_record_bytes; },
        "one clinic record", 1024, 64 * kMebi},
    Key{"grpc.max_metadata_bytes", +[](Settings& s) -> auto& { return s.grpc.max_metadata_bytes; },
        "metadata of one call", 1024, kMebi},
    Key{"admin.address", +[](Settings& s) -> auto& { return s.admin.address; },
        "address of /livez, /readyz and /metrics (plain HTTP)"},
    Key{"admin.port", +[](Settings& s) -> auto& { return s.admin.port; },
        "its port; 0 takes any free one", 0, kPort},
    Key{"store.backend", +[](Settings& s) -> auto& { return s.store.backend; }, "sqlite"},
    Key{"store.path", +[](Settings& s) -> auto& { return s.store.path; },
        "database file; kap.db in state_dir when not set"},
    Key{"store.encryption", +[](Settings& s) -> auto& { return s.store.encryption; },
        "on: every page of the database and of its log is sealed with AES-256-GCM; off: none is"},
    Key{"store.master_key", +[](Settings& s) -> auto& { return s.store.master_key; },
        "32 random bytes, mode 0600; made at the first start; master.key in state_dir when not "
        "set"},
    Key{"search.workers", +[](Settings& s) -> auto& { return s.search.workers; },
        "threads that run searches", 1, 256},
    Key{"search.queue", +[](Settings& s) -> auto& { return s.search.queue; },
        "requests that may wait for one; more are answered 503", 0, 100'000},
    Key{"search.deadline_ms", +[](Settings& s) -> auto& { return s.search.deadline; },
        "for one search", 1, kHourMs},
    Key{"write.workers", +[](Settings& s) -> auto& { return s.write.workers; },
        "threads that writes run on; each waits for its commit, which many share", 1, 1024},
    Key{"write.queue", +[](Settings& s) -> auto& { return s.write.queue; },
        "requests that may wait for one; more are answered 503", 0, 100'000},
    Key{"validation.profiles", +[](Settings& s) -> auto& { return s.validation.profiles; },
        "profiles that every resource of their type must meet to be written, besides those that it "
        "claims: canonical URLs with spaces between them; US Core without |version is 6.1.0"},
    Key{"export.jobs_per_client",
        +[](Settings& s) -> auto& { return s.bulk_export.jobs_per_client; },
        "exports of one client that have not expired; more are answered 429", 1, 1000},
    Key{"export.part_resources", +[](Settings& s) -> auto& { return s.bulk_export.part_resources; },
        "resources in one file of an export", 1, 100'000'000},
    Key{"export.lifetime_s", +[](Settings& s) -> auto& { return s.bulk_export.lifetime; },
        "how long an export can be downloaded once it is complete", 60, 30LL * 86'400},
    Key{"security.token_lifetime_s",
        +[](Settings& s) -> auto& { return s.security.token_lifetime; }, "of an access token", 1,
        3600},
    Key{"security.max_assertion_lifetime_s",
        +[](Settings& s) -> auto& { return s.security.max_assertion_lifetime; },
        "how far ahead the exp of a client assertion may lie; SMART allows 300", 1, 300},
    Key{"security.clock_skew_s", +[](Settings& s) -> auto& { return s.security.clock_skew; },
        "difference of clocks that is forgiven", 0, 120},
    Key{"security.token_cache_s", +[](Settings& s) -> auto& { return s.security.token_cache; },
        "how long a verified token is believed before it is looked at again", 0, 3600},
    Key{"log.level", +[](Settings& s) -> auto& { return s.log.level; },
        "debug, info, warning or error"},
};

template <class Enum, std::size_t N>
std::optional<std::string> set_enum(Enum& target, std::string_view text,
                                    const std::array<std::pair<std::string_view, Enum>, N>& names) {
  std::string right;
  for (const auto& [name, value] : names) {
    if (name == text) {
      target = value;
      return std::nullopt;
    }
    right += (right.empty() ? "" : ", ") + std::string(name);
  }
  return fmt::format("expected one of: {}", right);
}

constexpr std::array<std::pair<std::string_view, StoreBackend>, 1> kBackends = {
    {{"sqlite", StoreBackend::kSqlite}}};
constexpr std::array<std::pair<std::string_view, Encryption>, 2> kEncryptions = {
    {{"on", Encryption::kOn}, {"off", Encryption::kOff}}};
constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels = {
    {{"debug", LogLevel::kDebug},
     {"info", LogLevel::kInfo},
     {"warning", LogLevel::kWarning},
     {"error", LogLevel::kError}}};

template <class Enum, std::size_t N>
std::string name_of(Enum value, const std::array<std::pair<std::string_view, Enum>, N>& names) {
  const auto* at = std::ranges::find(names, value, &std::pair<std::string_view, Enum>::second);
  return at == names.end() ? std::string() : std::string(at->first);
}

template <class T>
concept Duration =
    std::is_same_v<T, std::chrono::milliseconds> || std::is_same_v<T, std::chrono::seconds>;

}  // namespace

std::span<const Key> keys() { return kKeys; }

const Key* find_key(std::string_view path) {
  const auto* at = std::ranges::find(kKeys, path, &Key::path);
  return at == kKeys.end() ? nullptr : at;
}

std::string to_variable(std::string_view path) {
  std::string name = "KAP_";
  for (const char c : path)
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return name;
}

bool is_integer(const Key& key) {
  return std::visit(
      [](auto target) {
        using T = std::remove_reference_t<std::invoke_result_t<decltype(target), Settings&>>;
        return std::is_integral_v<T> || Duration<T>;
      },
      key.target);
}

std::optional<std::string> set_integer(const Key& key, Settings& settings, std::int64_t value) {
  if (value < key.least || value > key.most)
    return fmt::format("{} is out of range; expected {} to {}", value, key.least, key.most);
  std::visit(
      [&](auto target) {
        using T = std::remove_reference_t<std::invoke_result_t<decltype(target), Settings&>>;
        if constexpr (std::is_integral_v<T>) target(settings) = static_cast<T>(value);
        if constexpr (Duration<T>) target(settings) = T(value);
      },
      key.target);
  return std::nullopt;
}

std::optional<std::string> set_text(const Key& key, Settings& settings, std::string_view text,
                                    const std::filesystem::path& folder) {
  if (text.empty()) return "it is empty; leave the key out to take its default";
  return std::visit(
      [&](auto target) -> std::optional<std::string> {
        using T = std::remove_reference_t<std::invoke_result_t<decltype(target), Settings&>>;
        if constexpr (std::is_same_v<T, std::string>) target(settings) = text;
        if constexpr (std::is_same_v<T, std::filesystem::path>)
          target(settings) = (folder / text).lexically_normal();
        if constexpr (std::is_same_v<T, StoreBackend>)
          return set_enum(target(settings), text, kBackends);
        if constexpr (std::is_same_v<T, Encryption>)
          return set_enum(target(settings), text, kEncryptions);
        if constexpr (std::is_same_v<T, LogLevel>) return set_enum(target(settings), text, kLevels);
        return std::nullopt;
      },
      key.target);
}

std::string to_toml(const Key& key, Settings& settings) {
  return std::visit(
      [&](auto target) -> std::string {
        using T = std::remove_reference_t<std::invoke_result_t<decltype(target), Settings&>>;
        const T& value = target(settings);
        if constexpr (std::is_integral_v<T>)
          return fmt::format("{}", value);
        else if constexpr (Duration<T>)
          return fmt::format("{}", value.count());
        else if constexpr (std::is_same_v<T, StoreBackend>)
          return fmt::format("\"{}\"", name_of(value, kBackends));
        else if constexpr (std::is_same_v<T, Encryption>)
          return fmt::format("\"{}\"", name_of(value, kEncryptions));
        else if constexpr (std::is_same_v<T, LogLevel>)
          return fmt::format("\"{}\"", name_of(value, kLevels));
        else if constexpr (std::is_same_v<T, std::filesystem::path>)
          return fmt::format("\"{}\"", value.string());
        else
          return fmt::format("\"{}\"", value);
      },
      key.target);
}

}  // namespace kap::gateway::config

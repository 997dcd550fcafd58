#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/base/limits.h"
#include "fhir/base/result.h"

namespace kap::gateway::config {

/// A server's certificate chain and private key, PEM files; `client_ca` is what client certificates
/// must chain to.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path client_ca;
};

/// [http]: the listeners EHR systems use.
struct HttpSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8443;       // 0 takes any free port
  std::uint16_t mtls_port = 8444;  // listens only where client_ca is set; 0 takes any free port
  TlsFiles tls;
  std::uint32_t threads = 0;  // 0: one a core
  std::uint32_t max_connections = 4096;
  std::uint32_t max_header_bytes = limits::kHttpHeaderBytes;
  std::uint32_t max_body_bytes = limits::kHttpBodyBytes;
  std::uint32_t max_buffered_body_bytes = 256U << 20U;  // all requests together
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds drain_timeout{10'000};
  std::uint32_t gzip_level = 1;         // zlib's, 1 to 9; 0 sends everything as it is
  std::uint32_t gzip_min_bytes = 2048;  // smaller bodies go as they are
};

/// [export]: bulk data export.
struct ExportSettings {
  std::uint32_t jobs_per_client = 4;
  std::uint32_t part_resources = 100'000;
  std::chrono::seconds lifetime{86'400};
};

/// [grpc]: the listener of clinics and of EHR systems that speak gRPC. mTLS always, so all three
/// files are required.
struct GrpcSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9443;
  TlsFiles tls;
  std::uint32_t max_streams = 64;  // of one connection
  std::uint32_t max_memory_bytes = 256U << 20U;
  std::uint32_t max_record_bytes = limits::kRecordBytes;
  std::uint32_t max_metadata_bytes = 16U << 10U;
};

/// [admin]: /livez, /readyz and /metrics, plain HTTP.
struct AdminSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9464;
};

enum class StoreBackend : std::uint8_t { kSqlite };
enum class Encryption : std::uint8_t { kOn, kOff };

/// [store]
struct StoreSettings {
  StoreBackend backend = StoreBackend::kSqlite;
  std::filesystem::path path;  // default: state_dir/kap.db
  Encryption encryption = Encryption::kOn;
  std::filesystem::path master_key;  // default: state_dir/master.key
  /// The data keys, wrapped by the master key, beside the database: `kap.db.keys`.
  [[nodiscard]] std::filesystem::path key_ring() const { return path.string() + ".keys"; }
};

/// [search]: the bounded pool that everything but point reads runs on.
struct SearchSettings {
  std::uint32_t workers = 4;
  std::uint32_t queue = 64;  // waiting requests; more are answered 503
  std::chrono::milliseconds deadline{10'000};
};

/// [write]: the bounded pool of threads that wait for commits; many of them share one commit.
struct WriteSettings {
  std::uint32_t workers = 32;
  std::uint32_t queue = 256;  // waiting requests; more are answered 503
};

/// [validation]: of what clients write.
struct ValidationSettings {
  /// Canonical URLs with spaces between them.
  std::string profiles;
};

/// [security]
struct SecuritySettings {
  std::chrono::seconds token_lifetime{300};
  std::chrono::seconds max_assertion_lifetime{300};
  std::chrono::seconds clock_skew{30};
  std::chrono::seconds token_cache{60};  // how long a verified token is believed without a look
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// [log]
struct LogSettings {
  LogLevel level = LogLevel::kInfo;
};

/// Everything an operator decides. Built once at start, then only read.
struct Settings {
  std::string public_url;           // `https://host[:port]` without a trailing slash; no default
  std::filesystem::path state_dir;  // database, signing key, identifier key; no default
  HttpSettings http;
  GrpcSettings grpc;
  AdminSettings admin;
  StoreSettings store;
  SearchSettings search;
  WriteSettings write;
  ValidationSettings validation;
  ExportSettings bulk_export;
  SecuritySettings security;
  LogSettings log;

  /// The FHIR base: `public_url` + `/fhir`.
  [[nodiscard]] std::string fhir_base() const { return public_url + "/fhir"; }
  /// The token endpoint, which is also the `aud` a client's assertion must name.
  [[nodiscard]] std::string token_url() const { return public_url + "/auth/token"; }
};

using Environment = std::map<std::string, std::string>;

/// The `KAP_…` variables of this process.
[[nodiscard]] Environment process_environment();

/// Reads TOML. `http.port` is `KAP_HTTP_PORT` in the environment, which wins over the file; so with
/// every key. All faults are reported at once, each with its key as `expression`, its position, and
/// diagnostics that open with `file:line:column:` (or the variable's name) and say what would be
/// right. An unknown key is refused, also as a variable that starts like a section (`KAP_HTTP_…`).
/// `file` is the name shown. Relative paths are taken from `file`'s folder.
[[nodiscard]] Result<Settings> parse_settings(std::string_view toml, std::string_view file,
                                              const Environment& environment = {});
/// As parse_settings, from a file.
[[nodiscard]] Result<Settings> load_settings(const std::filesystem::path& file,
                                             const Environment& environment);
/// What parse_settings cannot see: whether the named files are there and readable, one issue each.
[[nodiscard]] Status check_files(const Settings& settings);

/// All keys with their variable, default and meaning, as a commented TOML file; for `--help` and
/// for the documentation.
[[nodiscard]] std::string describe_settings();

}  // namespace kap::gateway::config

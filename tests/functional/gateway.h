#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/functional/http.h"
#include "tests/functional/process.h"

namespace kap::functional {

/// Certificates, made once for the whole run, and the ids they name.
class Pki {
 public:
  static const Pki& shared();
  [[nodiscard]] std::string file(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  static constexpr const char* kClinic = "kap-clinic-east";
  static constexpr const char* kClient = "kap-dev-ehr";

 private:
  Pki();
  Scratch directory_;
};

/// A running kap-gateway with a state directory that outlives a restart.
class Gateway {
 public:
  explicit Gateway(std::filesystem::path state = {});

  /// Starts the binary and waits until it says that it is ready; false when it ends before.
  [[nodiscard]] bool start();
  /// SIGTERM, and its exit.
  std::optional<Exit> stop();
  /// SIGKILL.
  void crash();

  /// Registers the client and fetches a token of these scopes.
  [[nodiscard]] std::string token(const std::string& scopes = "system/*.cruds");
  /// A URL that starts with `/` or `?`, or is empty, is taken from the FHIR base; an empty token is
  /// not sent.
  [[nodiscard]] HttpResponse send(HttpRequest request, const std::string& token) const;
  /// `path` from the FHIR base: `/Patient?_count=1`.
  [[nodiscard]] HttpResponse get(const std::string& path, const std::string& token,
                                 const std::vector<std::string>& headers = {}) const;
  /// Bundle.total of a search with _summary=count; -1 when it is none.
  [[nodiscard]] long count(const std::string& type, const std::string& token) const;

  [[nodiscard]] Finished submit(const std::vector<std::string>& paths,
                                const std::vector<std::string>& more = {}) const;
  [[nodiscard]] std::vector<std::string> submit_arguments(
      const std::vector<std::string>& paths) const;

  [[nodiscard]] std::string endpoint() const;
  [[nodiscard]] std::string fhir_base() const;
  [[nodiscard]] std::uint16_t https_port() const { return https_; }
  [[nodiscard]] std::uint16_t admin_port() const { return admin_; }
  [[nodiscard]] std::string config() const { return config_.string(); }
  [[nodiscard]] Process& process() { return *process_; }
  [[nodiscard]] std::string log() const { return process_->output(); }

 private:
  void write_config();
  bool read_ports();

  Scratch scratch_;
  std::filesystem::path state_;
  std::filesystem::path config_;
  std::unique_ptr<Process> process_;
  int starts_ = 0;
  bool is_registered_ = false;
  std::uint16_t https_ = 0;
  std::uint16_t grpc_ = 0;
  std::uint16_t admin_ = 0;
};

[[nodiscard]] std::string source(const std::string& path);
[[nodiscard]] std::string data(const std::string& path);
}  // namespace kap::functional

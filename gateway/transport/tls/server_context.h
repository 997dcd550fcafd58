#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/config/settings.h"

namespace kap::gateway::transport::tls {

enum class ClientCertificates : std::uint8_t { kNever, kRequired };

/// What one TLS listener offers. Copies share the same OpenSSL context.
class ServerContext {
 public:
  /// Loads certificate, key and, for kRequired, the client CA. Refuses, naming the file: one that
  /// cannot be read or parsed, a key that its group may write or others may read, a key that is
  /// encrypted or of another certificate, a certificate whose time has not come or is over.
  [[nodiscard]] static Result<ServerContext> make(const config::TlsFiles& files,
                                                  ClientCertificates clients, const Clock& clock);

  /// A server-side session; null when out of memory.
  [[nodiscard]] std::unique_ptr<SSL, decltype(&SSL_free)> new_session() const;
  /// When the certificate ends, for a metric and a warning in time.
  [[nodiscard]] Instant expires() const { return expires_; }

 private:
  ServerContext(std::shared_ptr<SSL_CTX> context, Instant expires)
      : context_(std::move(context)), expires_(expires) {}

  std::shared_ptr<SSL_CTX> context_;
  Instant expires_;
};

}  // namespace kap::gateway::transport::tls

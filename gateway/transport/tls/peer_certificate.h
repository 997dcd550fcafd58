#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

namespace kap::gateway::transport::tls {

/// The client's certificate of a connection on the mTLS listener, verified against the client CA.
struct PeerCertificate {
  std::string pem;
  std::string sha256;  // of the DER, base64url without padding (RFC 8705 section 3.1)
};

/// Null when the connection has none.
[[nodiscard]] std::shared_ptr<const PeerCertificate> to_peer_certificate(const SSL* ssl);

}  // namespace kap::gateway::transport::tls

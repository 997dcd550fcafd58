#include "gateway/transport/tls/server_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace kap::gateway::transport::tls {
namespace {

constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kTls13Suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr long kSessionSeconds = 3600;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

std::unexpected<Outcome> refuse(const std::filesystem::path& file, std::string_view why) {
  ERR_clear_error();
  return fail(Category::kInvalidRequest, IssueType::kInvalid,
              fmt::format("{}: {}", file.string(), why), "tls");
}

Status check_key_permissions(const std::filesystem::path& file) {
  struct stat status{};
  if (stat(file.c_str(), &status) != 0)
    return refuse(file, fmt::format("the key cannot be read: {}", std::strerror(errno)));
  if ((status.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0) {
    return refuse(file, fmt::format("mode {:04o} lets others at the key; make it 0600 (or 0640 for "
                                    "a group of the gateway alone): chmod 600",
                                    status.st_mode & 07777U));
  }
  return {};
}

int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Status load_key(SSL_CTX* context, const std::filesystem::path& file) {
  KAP_CHECK_OK(check_key_permissions(file));
  bool asked_for_password = false;
  SSL_CTX_set_default_passwd_cb(context, &no_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked_for_password);
  const int loaded = SSL_CTX_use_PrivateKey_file(context, file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (asked_for_password)
    return refuse(file, "the key is encrypted; the gateway takes an unencrypted PEM key");
  if (loaded == 1 && SSL_CTX_check_private_key(context) == 1) return {};
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (loaded == 1 || reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
    return refuse(file, "the key belongs to another certificate");
  return refuse(file, fmt::format("no PEM private key: {}", openssl_reason()));
}

Result<Instant> to_instant(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return fail(Category::kInvalidRequest, IssueType::kInvalid, "a time that is none", "tls");
  return Instant(std::chrono::seconds(timegm(&parts)));
}

Result<Instant> check_time(SSL_CTX* context, const std::filesystem::path& file,
                           const Clock& clock) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  KAP_TRY(const Instant from, to_instant(X509_get0_notBefore(certificate)));
  KAP_TRY(const Instant until, to_instant(X509_get0_notAfter(certificate)));
  const Instant now = clock.now();
  if (now >= until)
    return refuse(file,
                  fmt::format("the certificate expired on {}; renew it", to_http_date(until)));
  if (now < from) {
    return refuse(file, fmt::format("the certificate is valid from {} only; look at this machine's "
                                    "clock",
                                    to_http_date(from)));
  }
  return until;
}

/// RFC 7301: http/1.1 when it is offered; a client that offers only others is told so.
int select_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                const unsigned char* offered, unsigned offered_size, void* /*arg*/) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  const int result =
      SSL_select_next_proto(&selected, out_size, kOurs, sizeof(kOurs) - 1, offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

bool set_protocol(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_alpn_select_cb(context, &select_alpn, nullptr);
  // A record's header and body in one system call.
  SSL_CTX_set_read_ahead(context, 1);
  // Stateless tickets alone: no memory a client could fill.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kSessionSeconds);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kTls12Suites) == 1 &&
         SSL_CTX_set_ciphersuites(context, kTls13Suites) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1;
}

Status demand_client_certificates(SSL_CTX* context, const std::filesystem::path& file) {
  if (SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) != 1)
    return refuse(file,
                  fmt::format("no PEM certificates to verify clients with: {}", openssl_reason()));
  // The names are a hint for clients that hold several certificates.
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Each connection shows its certificate anew, so that one that was withdrawn does not live on in
  // a resumed session.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return {};
}

}  // namespace

Result<ServerContext> ServerContext::make(const config::TlsFiles& files, ClientCertificates clients,
                                          const Clock& clock) {
  ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!context || !set_protocol(context.get())) {
    return fail(Category::kInternal, IssueType::kException,
                fmt::format("OpenSSL refuses the TLS policy: {}", openssl_reason()), "tls");
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    return refuse(files.certificate, fmt::format("no PEM certificate: {}", openssl_reason()));
  KAP_CHECK_OK(load_key(context.get(), files.key));
  KAP_TRY(const Instant expires, check_time(context.get(), files.certificate, clock));
  if (clients == ClientCertificates::kRequired)
    KAP_CHECK_OK(demand_client_certificates(context.get(), files.client_ca));
  return ServerContext(context, expires);
}

std::unique_ptr<SSL, decltype(&SSL_free)> ServerContext::new_session() const {
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), &SSL_free);
  if (ssl) SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace kap::gateway::transport::tls

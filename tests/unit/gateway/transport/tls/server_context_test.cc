#include "gateway/transport/tls/server_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "gateway/transport/tls/peer_certificate.h"
#include "tests/unit/gateway/transport/tls/test_certificates.h"

namespace kap::gateway::transport::tls {
namespace {

using ::testing::HasSubstr;

class ServerContextTest : public ::testing::Test {
 protected:
  ServerContextTest() { std::signal(SIGPIPE, SIG_IGN); }

  [[nodiscard]] config::TlsFiles files(const std::string& name) const {
    return {.certificate = certificates_.path(name + ".pem"),
            .key = certificates_.path(name + ".key"),
            .client_ca = certificates_.path("ca.pem")};
  }
  std::string fault(const config::TlsFiles& of,
                    ClientCertificates clients = ClientCertificates::kNever) {
    const auto context = ServerContext::make(of, clients, clock_);
    return context ? "none" : context.error().summary();
  }

  TestCertificates certificates_;
  SystemClock clock_;
};

TEST_F(ServerContextTest, RefusesFilesWithAReason) {
  EXPECT_EQ(fault(files("server")), "none");
  auto changed = files("server");
  changed.certificate = "/nonexistent.pem";
  EXPECT_THAT(fault(changed), HasSubstr("/nonexistent.pem"));
  changed = files("server");
  changed.key = "/nonexistent.key";
  EXPECT_THAT(fault(changed), HasSubstr("cannot be read"));
  changed = files("server");
  changed.key = certificates_.path("clinic.key");
  EXPECT_THAT(fault(changed), HasSubstr("another certificate"));
  std::ofstream(certificates_.path("junk.key")) << "junk";
  chmod(certificates_.path("junk.key").c_str(), 0600);
  changed.key = certificates_.path("junk.key");
  EXPECT_THAT(fault(changed), HasSubstr("no PEM private key"));
  changed = files("server");
  changed.client_ca = certificates_.path("junk.key");
  EXPECT_THAT(fault(changed, ClientCertificates::kRequired), HasSubstr("junk.key"));
}

TEST_F(ServerContextTest, RefusesAKeyThatOthersMayRead) {
  const auto key = certificates_.path("server.key");
  for (const mode_t mode : {0644U, 0604U, 0660U, 0602U}) {
    chmod(key.c_str(), mode);
    EXPECT_THAT(fault(files("server")), HasSubstr("chmod 600")) << mode;
  }
  for (const mode_t mode : {0600U, 0400U, 0640U}) {
    chmod(key.c_str(), mode);
    EXPECT_EQ(fault(files("server")), "none") << mode;
  }
}

TEST_F(ServerContextTest, RefusesACertificateOutOfItsTime) {
  certificates_.make("old", "DNS:localhost", -7200, -3600);
  EXPECT_THAT(fault(files("old")), HasSubstr("expired on"));
  certificates_.make("young", "DNS:localhost", 3600, 7200);
  EXPECT_THAT(fault(files("young")), HasSubstr("valid from"));
}

TEST_F(ServerContextTest, RefusesAnEncryptedKey) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  std::FILE* file = std::fopen(certificates_.path("server.key").c_str(), "w");
  PEM_write_PKCS8PrivateKey(file, key.get(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
  std::fclose(file);
  EXPECT_THAT(fault(files("server")), HasSubstr("encrypted"));
}

/// What a client with some settings gets from a server.
struct Handshake {
  bool client_ok = false;
  bool server_ok = false;
  std::string version;
  std::string alpn;
  bool peer_is_visible = false;
};

void serve_one(const ServerContext& server, int socket, Handshake& result) {
  const auto ssl = server.new_session();
  SSL_set_fd(ssl.get(), socket);
  char byte = 0;
  std::size_t size = 0;
  result.server_ok =
      SSL_do_handshake(ssl.get()) == 1 && SSL_read_ex(ssl.get(), &byte, 1, &size) == 1;
  result.peer_is_visible = to_peer_certificate(ssl.get()) != nullptr;
  ERR_clear_error();
  close(socket);
}

Handshake shake(const ServerContext& server, const std::function<void(SSL_CTX*)>& prepare) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return {};
  Handshake result;
  std::thread other([&] { serve_one(server, ends[0], result); });
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  prepare(context.get());
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), ends[1]);
  result.client_ok = SSL_connect(ssl.get()) == 1;
  if (result.client_ok) {
    std::size_t size = 0;
    SSL_write_ex(ssl.get(), "x", 1, &size);
    result.version = SSL_get_version(ssl.get());
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl.get(), &name, &length);
    if (length > 0) result.alpn.assign(reinterpret_cast<const char*>(name), length);
  }
  shutdown(ends[1], SHUT_WR);
  other.join();
  close(ends[1]);
  ERR_clear_error();
  return result;
}

TEST_F(ServerContextTest, SpeaksTls12WithAeadAndTls13Alone) {
  const auto server = ServerContext::make(files("server"), ClientCertificates::kNever, clock_);
  ASSERT_TRUE(server);
  const auto with = [&](int least, int most, const char* ciphers) {
    return shake(*server, [=](SSL_CTX* context) {
      SSL_CTX_set_security_level(context, 0);
      SSL_CTX_set_min_proto_version(context, least);
      SSL_CTX_set_max_proto_version(context, most);
      if (ciphers != nullptr) SSL_CTX_set_cipher_list(context, ciphers);
    });
  };
  EXPECT_EQ(with(TLS1_VERSION, TLS1_3_VERSION, nullptr).version, "TLSv1.3");
  EXPECT_EQ(with(TLS1_2_VERSION, TLS1_2_VERSION, nullptr).version, "TLSv1.2");
  EXPECT_TRUE(with(TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256").server_ok);
  EXPECT_TRUE(with(TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305").server_ok);
  EXPECT_FALSE(with(TLS1_VERSION, TLS1_VERSION, "ALL:@SECLEVEL=0").client_ok);
  EXPECT_FALSE(with(TLS1_1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0").client_ok);
  for (const char* weak :
       {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256",
        "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8"})
    EXPECT_FALSE(with(TLS1_2_VERSION, TLS1_2_VERSION, weak).client_ok) << weak;
}

TEST_F(ServerContextTest, SelectsHttp11) {
  const auto server = ServerContext::make(files("server"), ClientCertificates::kNever, clock_);
  ASSERT_TRUE(server);
  const auto offer = [&](const std::string& protocols) {
    return shake(*server, [&](SSL_CTX* context) {
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
    });
  };
  EXPECT_EQ(offer("\x02h2\x08http/1.1").alpn, "http/1.1");
  EXPECT_FALSE(offer("\x02h2").client_ok);
}

TEST_F(ServerContextTest, AsksForAClientCertificateAlwaysOrNever) {
  const auto never = ServerContext::make(files("server"), ClientCertificates::kNever, clock_);
  const auto required = ServerContext::make(files("server"), ClientCertificates::kRequired, clock_);
  ASSERT_TRUE(never && required);
  const TestCertificates strangers;
  const auto present = [](const std::filesystem::path& folder) {
    return [folder](SSL_CTX* context) {
      SSL_CTX_use_certificate_file(context, (folder / "clinic.pem").c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context, (folder / "clinic.key").c_str(), SSL_FILETYPE_PEM);
    };
  };
  const auto nothing = [](SSL_CTX*) {};
  EXPECT_TRUE(shake(*never, nothing).server_ok);
  EXPECT_FALSE(shake(*never, present(certificates_.folder)).peer_is_visible);
  EXPECT_TRUE(shake(*required, present(certificates_.folder)).peer_is_visible);
  EXPECT_FALSE(shake(*required, nothing).server_ok);
  EXPECT_FALSE(shake(*required, present(strangers.folder)).server_ok);
}

}  // namespace
}  // namespace kap::gateway::transport::tls

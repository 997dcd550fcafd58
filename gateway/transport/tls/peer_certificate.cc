#include "gateway/transport/tls/peer_certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>

namespace kap::gateway::transport::tls {
namespace {

std::string to_pem(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string to_thumbprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  std::string out;
  for (int i = 0; i < length && text[i] != '='; ++i) {
    const auto c = static_cast<char>(text[i]);
    out += c == '+' ? '-' : (c == '/' ? '_' : c);
  }
  return out;
}

}  // namespace

std::shared_ptr<const PeerCertificate> to_peer_certificate(const SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl),
                                                                &X509_free);
  if (!certificate) return nullptr;
  return std::make_shared<const PeerCertificate>(PeerCertificate{
      .pem = to_pem(certificate.get()), .sha256 = to_thumbprint(certificate.get())});
}

}  // namespace kap::gateway::transport::tls

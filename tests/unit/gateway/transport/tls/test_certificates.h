#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace kap::gateway::transport::tls {

/// A certificate authority of its own in a folder of its own, made anew for every run.
class TestCertificates {
 public:
  TestCertificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kap-tls-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    ca_key_.reset(EVP_EC_gen("P-256"));
    ca_.reset(issue("KAP Test CA", nullptr, ca_key_.get(), "critical,CA:TRUE", -60, 3600));
    write(ca_.get(), "ca.pem");
    make("server", "DNS:localhost,IP:127.0.0.1");
    make("clinic", "URI:urn:kap:clinic:east");
  }
  ~TestCertificates() { std::filesystem::remove_all(folder); }
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  /// NAME.pem and NAME.key; times in seconds from now.
  void make(const std::string& name, const char* alternative_names, long from = -60,
            long until = 3600) {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(
        issue(name.c_str(), alternative_names, key.get(), "CA:FALSE", from, until));
    write(certificate.get(), name + ".pem");
    write(key.get(), name + ".key");
  }
  [[nodiscard]] std::filesystem::path path(const std::string& file) const { return folder / file; }

  std::filesystem::path folder;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Certificate = std::unique_ptr<X509, Free>;

  X509* issue(const char* name, const char* alternative_names, EVP_PKEY* key,
              const char* constraints, long from, long until) {
    static long serial = 1;
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(
        certificate, ca_ ? X509_get_subject_name(ca_.get()) : X509_get_subject_name(certificate));
    add(certificate, NID_basic_constraints, constraints);
    if (alternative_names != nullptr) add(certificate, NID_subject_alt_name, alternative_names);
    X509_sign(certificate, ca_key_.get(), EVP_sha256());
    return certificate;
  }
  static void add(X509* certificate, int nid, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  void write(X509* certificate, const std::string& name) const {
    const std::unique_ptr<std::FILE, Free> file(std::fopen(path(name).c_str(), "w"));
    PEM_write_X509(file.get(), certificate);
  }
  void write(EVP_PKEY* key, const std::string& name) const {
    const std::unique_ptr<std::FILE, Free> file(std::fopen(path(name).c_str(), "w"));
    chmod(path(name).c_str(), 0600);
    PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  }

  Key ca_key_;
  Certificate ca_;
};

}  // namespace kap::gateway::transport::tls

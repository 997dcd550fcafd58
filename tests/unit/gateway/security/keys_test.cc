#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "fhir/json/parse.h"
#include "gateway/security/access_token.h"
#include "gateway/security/authorizer.h"
#include "gateway/security/base64url.h"
#include "gateway/security/jwk.h"
#include "gateway/security/smart_configuration.h"
#include "tests/unit/gateway/security/fake_client.h"

namespace kap::gateway::security {
namespace {

using ::testing::HasSubstr;

TEST(Base64Url, DecodesOneTextForEachByteString) {
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(decode_base64url("-_8"), "\xfb\xff");
  EXPECT_EQ(decode_base64url(""), "");
  for (const char* bad : {"A", "-_9", "-_8=", "+/8", "-_ 8", "AAAAA"})
    EXPECT_EQ(decode_base64url(bad), std::nullopt) << bad;
}

std::string fault_of(const std::string& json) {
  const auto keys = parse_jwks(json);
  return keys ? "none" : keys.error().summary();
}

TEST(Jwks, ReadsItsOwnOutput) {
  const auto keys = parse_jwks(FakeKeys::get().jwks());
  ASSERT_TRUE(keys) << keys.error().summary();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[1].algorithm, Algorithm::kRs384);
  EXPECT_EQ(EVP_PKEY_eq((*keys)[0].key.get(), FakeKeys::get().ec.get()), 1);
}

TEST(Jwks, RefusesWhatIsNoPublicKeyOfOurs) {
  const std::string ec = *to_public_jwk(FakeKeys::get().ec.get(), "a");
  const auto set = [](const std::string& keys) { return "{\"keys\":[" + keys + "]}"; };
  const auto with = [&](const std::string& member) {
    return set(ec.substr(0, ec.size() - 1) + "," + member + "}");
  };
  EXPECT_THAT(fault_of("{}"), HasSubstr("JWK Set"));
  EXPECT_THAT(fault_of(set("")), HasSubstr("not empty"));
  EXPECT_THAT(fault_of(set("5")), HasSubstr("keys[0]"));
  EXPECT_THAT(fault_of(with(R"("d":"AAAA")")), HasSubstr("private"));
  EXPECT_THAT(fault_of(set(R"({"kty":"oct","kid":"a","k":"AAAA"})")), HasSubstr("symmetric"));
  EXPECT_THAT(fault_of(set(R"({"kty":"OKP","kid":"a"})")), HasSubstr("kty"));
  EXPECT_THAT(fault_of(set(ec + "," + ec)), HasSubstr("another key"));
  EXPECT_THAT(fault_of(set(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})")), HasSubstr("kid"));
  EXPECT_THAT(fault_of(set(R"({"kty":"EC","kid":"a","crv":"P-256","x":"AA","y":"AA"})")),
              HasSubstr("P-384"));
  EXPECT_THAT(fault_of(set(R"({"kty":"EC","kid":"a","crv":"P-384","x":"AA","y":"AA"})")),
              HasSubstr("48 bytes"));
  const std::string off_curve(64, 'A');
  EXPECT_THAT(
      fault_of(set(fmt::format(R"({{"kty":"EC","kid":"a","crv":"P-384","x":"{}","y":"{}"}})",
                               off_curve, off_curve.substr(0, 63) + "B"))),
      HasSubstr("no point"));
  const std::string small = *to_public_jwk(make_rsa_key(1024).get(), "small");
  EXPECT_THAT(fault_of(set(small)), HasSubstr("2048"));
}

TEST(Jwks, AnExponentOfThreeIsRefused) {
  std::string rsa = *to_public_jwk(FakeKeys::get().rsa.get(), "r");
  const auto at = rsa.find("\"e\":\"AQAB\"");
  ASSERT_NE(at, std::string::npos);
  rsa.replace(at, 10, "\"e\":\"Aw\"");
  EXPECT_THAT(fault_of("{\"keys\":[" + rsa + "]}"), HasSubstr("exponent"));
}

TEST(SigningKeyFile, IsMadeOnceAndForItsOwnerAlone) {
  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / "kap_signing_key_test.pem";
  std::filesystem::remove(file);
  const auto made = SigningKey::load_or_create(file);
  ASSERT_TRUE(made) << made.error().summary();
  struct stat status{};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  const auto again = SigningKey::load_or_create(file);
  ASSERT_TRUE(again);
  EXPECT_EQ(made->kid(), again->kid());
  EXPECT_THAT(made->jwks(), ::testing::Not(HasSubstr("\"d\"")));
  chmod(file.c_str(), 0640);
  EXPECT_FALSE(SigningKey::load_or_create(file));
  std::filesystem::remove(file);
}

TEST(SmartConfiguration, IsJson) {
  const auto document = fhir::json::parse(encode_smart_configuration(
      {.token_url = "https://h/auth/token", .jwks_url = "https://h/auth/jwks"}));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.string("token_endpoint"), "https://h/auth/token");
}

std::string certificate_with(const char* subject_alternative_names) {
  const EvpKey key = make_ec_key();
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_set_pubkey(certificate.get(), key.get());
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_alternative_names);
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 60);
  X509_sign(certificate.get(), key.get(), EVP_sha384());
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(bio.get(), certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

TEST(ClinicCertificate, NamesOneClinic) {
  const SigningKey key = *SigningKey::generate();
  FakeRegistry registry;
  const SystemClock clock;
  const Authorizer authorizer({.issuer = "i", .audience = "a"}, key, registry, clock);
  const auto permit =
      authorizer.authorize_clinic(certificate_with("URI:urn:kap:clinic:east-1,DNS:localhost"));
  ASSERT_TRUE(permit) << permit.error().summary();
  EXPECT_EQ(permit->principal().id, "east-1");
  EXPECT_EQ(permit->predicates().clinics, std::vector{ClinicId("east-1")});
  EXPECT_FALSE(permit->allows("Patient", Interaction::kRead));
  for (const char* bad :
       {"DNS:localhost", "URI:urn:kap:clinic:a,URI:urn:kap:clinic:b",
        "URI:urn:kap:clinic:", "URI:urn:kap:clinic:a%00b", "URI:urn:kap:clinics:a"})
    EXPECT_FALSE(authorizer.authorize_clinic(certificate_with(bad))) << bad;
  EXPECT_FALSE(authorizer.authorize_clinic(""));
  EXPECT_FALSE(
      authorizer.authorize_clinic("-----BEGIN "
                                  "CERTIFICATE-----\nAAAA\n"));
}

}  // namespace
}  // namespace kap::gateway::security

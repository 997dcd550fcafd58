#include "gateway/security/client_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/security/base64url.h"
#include "gateway/security/jwk.h"
#include "gateway/security/token_endpoint.h"
#include "gateway/security/token_request.h"
#include "tests/unit/gateway/security/fake_client.h"

namespace kap::gateway::security {
namespace {

using ::testing::HasSubstr;

/// Hands out a registry that outlives the command.
class Borrowed final : public ClientRegistry {
 public:
  explicit Borrowed(FakeRegistry& to) : to_(to) {}
  Result<std::optional<store::RegisteredClient>> find(const ClientId& id) override {
    return to_.find(id);
  }
  Result<std::vector<store::RegisteredClient>> list() override { return to_.list(); }
  Status put(const store::RegisteredClient& client) override { return to_.put(client); }
  Result<bool> remove(const ClientId& id) override { return to_.remove(id); }
  Result<bool> use_assertion(const ClientId& id, const std::string& jti, Instant expires,
                             Instant now) override {
    return to_.use_assertion(id, jti, expires, now);
  }

 private:
  FakeRegistry& to_;
};

class ClientCommandTest : public ::testing::Test {
 protected:
  ClientCommandTest() {
    jwks_ = (std::filesystem::path(::testing::TempDir()) / "kap_client_command.jwks").string();
    std::ofstream(jwks_) << FakeKeys::get().jwks();
  }
  void TearDown() override { std::filesystem::remove(jwks_); }

  int run(const std::vector<std::string>& words) {
    std::vector<const char*> argv{"client"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    out_.str("");
    err_.str("");
    return run_client_command(
        static_cast<int>(argv.size()), argv.data(),
        {.open = [this](const std::filesystem::path&) -> Result<std::unique_ptr<ClientRegistry>> {
           return std::make_unique<Borrowed>(registry_);
         },
         .clock = clock_,
         .out = out_,
         .err = err_});
  }
  int enroll(const std::string& id, const std::string& scope, const std::string& keys,
             const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"register", "--config", "f",   "--id",     id,    "--jwks",
                                   keys,       "--scope",  scope, "--clinic", "east"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  std::string jwks_;
  FakeRegistry registry_;
  ManualClock clock_{Instant(std::chrono::seconds(1'790'000'000))};
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ClientCommandTest, RegistersListsShowsAndRemoves) {
  EXPECT_EQ(enroll("ehr", "system/*.rs", jwks_, {"--clinic", "west", "--name", "An EHR"}), 0)
      << err_.str();
  EXPECT_EQ(registry_.clients[ClientId("ehr")].clinics.size(), 2U);
  EXPECT_EQ(enroll("ehr", "system/*.rs", jwks_), 1);
  EXPECT_THAT(err_.str(), HasSubstr("--replace"));
  EXPECT_EQ(enroll("ehr", "system/*.cruds", jwks_, {"--replace"}), 0);
  EXPECT_EQ(run({"list", "--config", "f"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("ehr\tehr\teast\tsystem/*.cruds"));
  EXPECT_EQ(run({"show", "--config", "f", "--id", "ehr"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("rsa RS384"));
  EXPECT_EQ(run({"remove", "--config", "f", "--id", "ehr"}), 0);
  EXPECT_EQ(run({"remove", "--config", "f", "--id", "ehr"}), 1);
  EXPECT_EQ(run({"show", "--config", "f", "--id", "ehr"}), 1);
}

TEST_F(ClientCommandTest, OnlyTheFlagLetsAClientNameResources) {
  EXPECT_EQ(enroll("ehr", "system/*.cruds", jwks_), 0);
  EXPECT_EQ(registry_.clients[ClientId("ehr")].id_assignment, IdAssignment::kServer);
  EXPECT_EQ(enroll("ehr", "system/*.cruds", jwks_, {"--replace", "--update-as-create"}), 0);
  EXPECT_EQ(registry_.clients[ClientId("ehr")].id_assignment, IdAssignment::kClient);
  EXPECT_EQ(run({"show", "--config", "f", "--id", "ehr"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("update as create"));
}

TEST_F(ClientCommandTest, RefusesWithAReason) {
  EXPECT_EQ(enroll("a b", "system/*.rs", jwks_), 1);
  EXPECT_THAT(err_.str(), HasSubstr("--id"));
  EXPECT_EQ(enroll("e", "user/*.rs", jwks_), 1);
  EXPECT_THAT(err_.str(), HasSubstr("system/"));
  EXPECT_EQ(enroll("e", "system/*.x", jwks_), 1);
  EXPECT_EQ(enroll("e", "system/Patient.r?name=x", jwks_), 1);
  EXPECT_EQ(enroll("e", " ", jwks_), 1);
  EXPECT_EQ(enroll("e", "system/*.rs", "/nonexistent"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("/nonexistent"));
  std::ofstream(jwks_) << "{}";
  EXPECT_EQ(enroll("e", "system/*.rs", jwks_), 1);
  EXPECT_THAT(err_.str(), HasSubstr("JWK Set"));
  EXPECT_TRUE(registry_.clients.empty());
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"register"}), 2);
  EXPECT_EQ(run({"invent"}), 2);
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("register"));
}

TEST_F(ClientCommandTest, ATokenNeedsAReachableEndpoint) {
  EXPECT_EQ(run({"token", "--token-url", "https://127.0.0.1:1/auth/token", "--client-id", "e",
                 "--jwk", jwks_, "--scope", "system/*.rs"}),
            1);
  EXPECT_THAT(err_.str(), HasSubstr("jwk"));
}

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return encode_base64url(bytes);
}

std::string private_jwk(EVP_PKEY* key, const std::string& kid,
                        const std::vector<std::pair<std::string, const char*>>& parts) {
  std::string jwk = *to_public_jwk(key, kid);
  jwk.pop_back();
  for (const auto& [member, name] : parts)
    jwk += fmt::format(R"(,"{}":"{}")", member, number_of(key, name));
  return jwk + "}";
}

TEST(TokenRequestForm, IsWhatTheTokenEndpointTakes) {
  const FakeKeys& keys = FakeKeys::get();
  const std::string ec = private_jwk(keys.ec.get(), "ec", {{"d", OSSL_PKEY_PARAM_PRIV_KEY}});
  const std::string rsa = private_jwk(keys.rsa.get(), "rsa",
                                      {{"d", OSSL_PKEY_PARAM_RSA_D},
                                       {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                       {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                       {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                       {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                       {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}});
  FakeRegistry registry;
  registry.clients[ClientId("ehr")] = {.id = ClientId("ehr"),
                                       .name = "",
                                       .jwks = keys.jwks(),
                                       .scopes = "system/*.rs",
                                       .clinics = {},
                                       .created = {}};
  const SigningKey key = *SigningKey::generate();
  const SystemClock clock;
  const TokenEndpoint endpoint({.issuer = "i", .audience = "a", .token_url = "https://gw/t"}, key,
                               registry, clock);
  for (const std::string& jwk : {ec, rsa}) {
    const auto form = encode_token_request({.token_url = "https://gw/t",
                                            .client_id = "ehr",
                                            .private_jwk = jwk,
                                            .ca = {},
                                            .scope = "system/*.rs"},
                                           clock);
    ASSERT_TRUE(form) << form.error().summary();
    EXPECT_THAT(*form, HasSubstr("scope=system%2F%2A.rs&"));
    const std::string assertion = form->substr(form->rfind('=') + 1);
    const auto grant = endpoint.grant(
        {{"grant_type", "client_credentials"},
         {"scope", "system/*.rs"},
         {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
         {"client_assertion", assertion}});
    EXPECT_TRUE(grant) << grant.error().description;
  }
}

}  // namespace
}  // namespace kap::gateway::security

#include "gateway/security/token_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "gateway/security/authorizer.h"
#include "gateway/security/base64url.h"
#include "gateway/security/jws.h"
#include "tests/unit/gateway/security/fake_client.h"

namespace kap::gateway::security {
namespace {

constexpr const char* kTokenUrl = "https://gateway.example.org/auth/token";
constexpr std::int64_t kNow = 1'790'000'000;
constexpr std::string_view kEcHeader = R"({"alg":"ES384","typ":"JWT","kid":"ec"})";
using Code = OAuthError::Code;

class TokenEndpointTest : public ::testing::Test {
 protected:
  TokenEndpointTest() {
    registry_.clients[ClientId("ehr")] = {.id = ClientId("ehr"),
                                          .name = "EHR",
                                          .jwks = FakeKeys::get().jwks(),
                                          .scopes = "system/*.rs system/Task.cu",
                                          .clinics = {ClinicId("east")},
                                          .created = {}};
  }

  static std::string claims(std::string_view extra = "", std::string_view jti = "j1") {
    return fmt::format(R"({{"iss":"ehr","sub":"ehr","aud":"{}","exp":{},"jti":"{}"{}}})", kTokenUrl,
                       kNow + 200, jti, extra);
  }
  static std::string sign(std::string_view header, std::string_view body, EVP_PKEY* key,
                          Algorithm algorithm = Algorithm::kEs384) {
    return *sign_jws(header, body, algorithm, key);
  }
  static std::string assertion(std::string_view body = claims()) {
    return sign(kEcHeader, body, FakeKeys::get().ec.get());
  }
  static TokenEndpoint::Parameters form(const std::string& assertion,
                                        const std::string& scope = "system/Observation.rs") {
    return {{"grant_type", "client_credentials"},
            {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
            {"client_assertion", assertion},
            {"scope", scope}};
  }
  static TokenEndpoint::Parameters with(TokenEndpoint::Parameters parameters,
                                        const std::string& name, const std::string& value) {
    std::erase_if(parameters, [&](const auto& one) { return one.first == name; });
    parameters.emplace_back(name, value);
    return parameters;
  }
  static TokenEndpoint::Parameters without(TokenEndpoint::Parameters parameters,
                                           const std::string& name) {
    std::erase_if(parameters, [&](const auto& one) { return one.first == name; });
    return parameters;
  }

  void expect(const TokenEndpoint::Parameters& parameters, Code code, const std::string& part,
              const char* what) {
    const auto grant = endpoint_.grant(parameters);
    ASSERT_FALSE(grant) << what;
    EXPECT_EQ(to_text(grant.error().code), to_text(code)) << what;
    EXPECT_THAT(grant.error().description, ::testing::HasSubstr(part)) << what;
  }
  void expect_claims(const std::string& body, const std::string& part, const char* what) {
    expect(form(assertion(body)), Code::kInvalidClient, part, what);
  }

  ManualClock clock_{Instant(std::chrono::seconds(kNow))};
  FakeRegistry registry_;
  SigningKey key_ = *SigningKey::generate();
  TokenEndpoint endpoint_{{.issuer = "https://gateway.example.org",
                           .audience = "https://gateway.example.org/fhir",
                           .token_url = kTokenUrl},
                          key_,
                          registry_,
                          clock_};
  Authorizer authorizer_{
      {.issuer = "https://gateway.example.org", .audience = "https://gateway.example.org/fhir"},
      key_,
      registry_,
      clock_};
};

TEST_F(TokenEndpointTest, GrantsWithEs384AndWithRs384) {
  const auto ec = endpoint_.grant(form(assertion()));
  ASSERT_TRUE(ec) << ec.error().description;
  EXPECT_EQ(ec->scope, "system/Observation.rs");
  EXPECT_EQ(ec->expires_in, std::chrono::seconds(300));
  EXPECT_THAT(to_json(*ec), ::testing::HasSubstr(R"("token_type":"bearer","expires_in":300)"));
  const auto rsa = endpoint_.grant(form(sign(R"({"alg":"RS384","kid":"rsa"})", claims("", "j2"),
                                             FakeKeys::get().rsa.get(), Algorithm::kRs384)));
  EXPECT_TRUE(rsa) << rsa.error().description;
}

TEST_F(TokenEndpointTest, ATokenBecomesAPermitOfItsScopesAndClinics) {
  const auto grant = endpoint_.grant(form(assertion(), "system/*.cruds openid"));
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->scope, "system/*.rs system/Task.cu");
  const auto permit = authorizer_.authorize(grant->access_token);
  ASSERT_TRUE(permit) << permit.error().summary();
  EXPECT_EQ(permit->principal().id, "ehr");
  EXPECT_TRUE(permit->allows("Patient", Interaction::kSearch));
  EXPECT_FALSE(permit->allows("Patient", Interaction::kCreate));
  EXPECT_TRUE(permit->allows("Task", Interaction::kCreate));
  EXPECT_EQ(permit->predicates().clinics, std::vector{ClinicId("east")});
  EXPECT_TRUE(permit->predicates().denied.intersects(sensitivity::kPsychotherapyNote));
  EXPECT_TRUE(permit->predicates().denied.intersects(sensitivity::k42CfrPart2));
  EXPECT_FALSE(permit->predicates().denied.intersects(sensitivity::kBehavioralHealth));
}

TEST_F(TokenEndpointTest, AcceptsWhatMayVary) {
  const std::string audience_list = fmt::format(
      R"({{"iss":"ehr","sub":"ehr","aud":["{}"],"exp":{}.5,"jti":"x"}})", kTokenUrl, kNow + 300);
  EXPECT_TRUE(endpoint_.grant(form(assertion(audience_list))));
  EXPECT_TRUE(endpoint_.grant(with(form(assertion(claims("", "y"))), "client_id", "ehr")));
  EXPECT_TRUE(endpoint_.grant(
      form(assertion(claims(fmt::format(R"(,"nbf":{},"iat":{})", kNow + 20, kNow - 9), "z")))));
}

TEST_F(TokenEndpointTest, RefusesAForm) {
  const auto good = form(assertion());
  using enum OAuthError::Code;
  expect({}, kInvalidRequest, "grant_type", "empty");
  expect(without(good, "grant_type"), kInvalidRequest, "grant_type", "no grant_type");
  expect(with(good, "grant_type", ""), kInvalidRequest, "grant_type", "empty grant_type");
  expect(with(good, "grant_type", "password"), kUnsupportedGrantType, "client_credentials", "pwd");
  expect(with(good, "grant_type", "authorization_code"), kUnsupportedGrantType, "", "code");
  expect(without(good, "client_assertion_type"), kInvalidRequest, "jwt-bearer", "no type");
  expect(with(good, "client_assertion_type", "saml2"), kInvalidRequest, "jwt-bearer", "saml");
  expect(without(good, "client_assertion"), kInvalidRequest, "client_assertion", "no assertion");
  expect(without(good, "scope"), kInvalidRequest, "scope", "no scope");
  expect(with(good, "client_secret", "s"), kInvalidRequest, "private_key_jwt", "a secret");
  auto twice = good;
  twice.emplace_back("scope", "system/*.rs");
  expect(twice, kInvalidRequest, "more than once", "scope twice");
  expect(with(good, "client_id", "other"), kInvalidClient, "client_id", "another client_id");
  EXPECT_TRUE(registry_.used.empty()) << "a refused form spends no jti";
}

TEST_F(TokenEndpointTest, RefusesAScope) {
  const auto ask = [&](const std::string& scope) {
    static int number = 0;
    return form(assertion(claims("", "s" + std::to_string(++number))), scope);
  };
  using enum OAuthError::Code;
  expect(ask("system/Observation.d"), kInvalidScope, "none of the scopes", "not registered");
  expect(ask("user/*.rs"), kInvalidScope, "none of the scopes", "another context");
  expect(ask("patient/*.rs"), kInvalidScope, "none of the scopes", "another context");
  expect(ask("openid fhirUser"), kInvalidScope, "none of the scopes", "only ignored words");
  expect(ask("system/Observation.rs?category=laboratory"), kInvalidScope, "?query", "granular");
  expect(ask("system/Observation.read"), kInvalidScope, "letters", "SMART v1");
  expect(ask("system/Observation.sr"), kInvalidScope, "order", "wrong order");
  expect(ask("system/Observation"), kInvalidScope, "context/Type", "no letters");
  expect(ask("system/observation.rs"), kInvalidScope, "FHIR type", "lower case");
  expect(ask("*/*.*"), kInvalidScope, "", "stars");
}

TEST_F(TokenEndpointTest, RefusesClaims) {
  const std::string url = kTokenUrl;
  const auto body = [&](std::string_view iss, std::string_view sub, std::string_view aud,
                        std::string_view exp, std::string_view rest = R"(,"jti":"c")") {
    return fmt::format(R"({{"iss":{},"sub":{},"aud":{},"exp":{}{}}})", iss, sub, aud, exp, rest);
  };
  const std::string me = R"("ehr")";
  const std::string aud = '"' + url + '"';
  const std::string exp = std::to_string(kNow + 200);
  expect_claims("{}", "iss and sub", "no claims");
  expect_claims(body(me, R"("else")", aud, exp), "iss and sub", "sub differs");
  expect_claims(body("7", "7", aud, exp), "iss and sub", "numbers");
  expect_claims(body(me, me, R"("https://gateway.example.org/auth/token/")", exp), "aud", "slash");
  expect_claims(body(me, me, R"("https://gateway.example.org")", exp), "aud", "issuer as aud");
  expect_claims(body(me, me, R"("https://evil.example.org/auth/token")", exp), "aud", "other host");
  expect_claims(body(me, me, "[]", exp), "aud", "empty list");
  expect_claims(body(me, me, fmt::format("[{},\"https://x\"]", aud), exp), "aud", "two audiences");
  expect_claims(body(me, me, "null", exp), "aud", "null");
  expect_claims(body(me, me, aud, std::to_string(kNow - 31)), "expired", "expired");
  expect_claims(body(me, me, aud, std::to_string(kNow + 331)), "300 s", "too far ahead");
  expect_claims(body(me, me, aud, "\"" + exp + "\""), "exp", "exp as text");
  expect_claims(body(me, me, aud, "-1"), "exp", "negative");
  expect_claims(body(me, me, aud, "1e300"), "exp", "huge");
  expect_claims(body(me, me, aud, "null"), "exp", "null exp");
  expect_claims(body(me, me, aud, exp, ""), "jti", "no jti");
  expect_claims(body(me, me, aud, exp, R"(,"jti":"")"), "jti", "empty jti");
  expect_claims(body(me, me, aud, exp, R"(,"jti":5)"), "jti", "jti a number");
  expect_claims(body(me, me, aud, exp, ",\"jti\":\"" + std::string(256, 'x') + "\""), "jti",
                "long");
  expect_claims(claims(fmt::format(",\"nbf\":{}", kNow + 31)), "nbf", "nbf ahead");
  expect_claims(claims(fmt::format(",\"iat\":{}", kNow + 31)), "iat", "iat ahead");
  expect_claims(claims(R"(,"iat":"now")"), "iat", "iat as text");
  expect_claims(claims(R"(,"iss":"ehr")"), "no JSON object", "a claim twice");
  expect_claims("[1]", "no JSON object", "a list");
  expect_claims("{", "no JSON object", "broken JSON");
}

TEST_F(TokenEndpointTest, RefusesAHeaderOrSignature) {
  EVP_PKEY* ec = FakeKeys::get().ec.get();
  EVP_PKEY* rsa = FakeKeys::get().rsa.get();
  const auto by_header = [&](const std::string& header, const std::string& part, const char* what) {
    expect(form(sign(header, claims(), ec)), Code::kInvalidClient, part, what);
  };
  by_header(R"({"alg":"none","kid":"ec"})", "RS384 or ES384", "none");
  by_header(R"({"alg":"HS256","kid":"ec"})", "RS384 or ES384", "HS256");
  by_header(R"({"alg":"HS384","kid":"ec"})", "RS384 or ES384", "HS384");
  by_header(R"({"alg":"ES256","kid":"ec"})", "RS384 or ES384", "ES256");
  by_header(R"({"alg":"es384","kid":"ec"})", "RS384 or ES384", "lower case");
  by_header(R"({"kid":"ec"})", "RS384 or ES384", "no alg");
  by_header(R"({"alg":"ES384"})", "kid", "no kid");
  by_header(R"({"alg":"ES384","alg":"none","kid":"ec"})", "no JSON object", "alg twice");
  for (const char* name : {"jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc"})
    by_header(fmt::format(R"({{"alg":"ES384","kid":"ec","{}":"x"}})", name), name, name);
  by_header(R"({"alg":"ES384","kid":"nobody"})", "does not verify", "unknown kid");
  by_header(R"({"alg":"ES384","kid":"rsa"})", "does not verify", "EC signature, RSA key");
  by_header(R"({"alg":"RS384","kid":"ec"})", "does not verify", "RS384 with an EC key");
  expect(form(sign(kEcHeader, claims(), rsa, Algorithm::kRs384)), Code::kInvalidClient,
         "does not verify", "RSA signature, EC key");
  expect(form(sign(kEcHeader, claims(), FakeKeys::get().other_ec.get())), Code::kInvalidClient,
         "does not verify", "another's key");
  const std::string good = assertion();
  const auto dot = good.rfind('.');
  expect(form(good.substr(0, dot + 1)), Code::kInvalidClient, "signature", "no signature");
  expect(form(good.substr(0, dot)), Code::kInvalidClient, "three parts", "two parts");
  expect(form(good + ".x"), Code::kInvalidClient, "three parts", "four parts");
  expect(form(good + "="), Code::kInvalidClient, "signature", "padding");
  expect(form(good.substr(0, dot + 1) + std::string(128, 'A')), Code::kInvalidClient,
         "does not verify", "all zero");
  expect(form(good.substr(0, good.size() - 4)), Code::kInvalidClient, "does not verify", "short");
  expect(form(std::string(17 << 10, 'a')), Code::kInvalidClient, "16 KiB", "too long");
  expect(form("..."), Code::kInvalidClient, "three parts", "dots");
  expect(form(".."), Code::kInvalidClient, "no JSON object", "empty parts");
  EXPECT_TRUE(registry_.used.empty()) << "an unverified assertion spends no jti";
  EXPECT_TRUE(endpoint_.grant(form(good)));
}

TEST_F(TokenEndpointTest, TheBodyCannotBeExchanged) {
  const std::string one = assertion(claims("", "a"));
  const std::string two = assertion(claims("", "b"));
  const std::string mixed = one.substr(0, one.rfind('.')) + two.substr(two.rfind('.'));
  expect(form(mixed), Code::kInvalidClient, "does not verify", "signature of another body");
}

TEST_F(TokenEndpointTest, AnAssertionIsForOneUse) {
  ASSERT_TRUE(endpoint_.grant(form(assertion())));
  expect(form(assertion()), Code::kInvalidClient, "jti was used", "replay");
  EXPECT_TRUE(endpoint_.grant(form(assertion(claims("", "j9")))));
}

TEST_F(TokenEndpointTest, AnUnknownClientAnswersLikeABadSignature) {
  registry_.clients.clear();
  expect(form(assertion()), Code::kInvalidClient, "does not verify", "unknown client");
}

TEST_F(TokenEndpointTest, AStoreThatIsDownIsNotTheClientsFault) {
  registry_.is_down = true;
  expect(form(assertion()), Code::kTemporarilyUnavailable, "", "down");
}

TEST_F(TokenEndpointTest, RefusesAccessTokens) {
  const auto grant = endpoint_.grant(form(assertion()));
  ASSERT_TRUE(grant);
  const std::string& good = grant->access_token.text();
  const SigningKey other = *SigningKey::generate();
  AccessClaims claims{.issuer = "https://gateway.example.org",
                      .audience = "https://gateway.example.org/fhir",
                      .client = ClientId("ehr"),
                      .scope = "system/*.cruds",
                      .jti = "1",
                      .issued = std::chrono::sys_seconds(std::chrono::seconds(kNow)),
                      .expires = std::chrono::sys_seconds(std::chrono::seconds(kNow + 300))};
  const auto refused = [&](const std::string& token) {
    const auto permit = authorizer_.authorize(BearerToken(token));
    return !permit && permit.error().category() == Category::kUnauthenticated;
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("abc"));
  EXPECT_TRUE(refused(good.substr(1)));
  EXPECT_TRUE(refused(assertion()));  // an assertion is no access token
  EXPECT_TRUE(refused(sign_access_token(other, claims)->text()));
  auto elsewhere = claims;
  elsewhere.audience = "https://elsewhere.example.org/fhir";
  EXPECT_TRUE(refused(sign_access_token(key_, elsewhere)->text()));
  auto ahead = claims;
  ahead.issued += std::chrono::seconds(60);
  EXPECT_TRUE(refused(sign_access_token(key_, ahead)->text()));
  auto nobody = claims;
  nobody.client = ClientId("nobody");
  EXPECT_TRUE(refused(sign_access_token(key_, nobody)->text()));
  EXPECT_FALSE(refused(good));
  clock_.advance(std::chrono::seconds(300));
  EXPECT_TRUE(refused(good)) << "expired, although it was cached";
}

TEST_F(TokenEndpointTest, RemovingOrNarrowingAClientTakesEffectWithinAMinute) {
  const auto grant = endpoint_.grant(form(assertion(), "system/*.rs"));
  ASSERT_TRUE(grant);
  ASSERT_TRUE(authorizer_.authorize(grant->access_token));
  registry_.clients[ClientId("ehr")].scopes = "system/Patient.r";
  clock_.advance(std::chrono::seconds(60));
  const auto narrowed = authorizer_.authorize(grant->access_token);
  ASSERT_TRUE(narrowed);
  EXPECT_FALSE(narrowed->allows("Observation", Interaction::kRead));
  registry_.clients.clear();
  clock_.advance(std::chrono::seconds(60));
  EXPECT_FALSE(authorizer_.authorize(grant->access_token));
}

}  // namespace
}  // namespace kap::gateway::security

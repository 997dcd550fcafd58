#include "gateway/security/access_token.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "fhir/json/print.h"
#include "gateway/security/jws.h"

namespace kap::gateway::security {
namespace {

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

std::unexpected<Outcome> refuse(const std::filesystem::path& file, std::string_view why) {
  ERR_clear_error();
  return fail(Category::kInternal, IssueType::kException, fmt::format("{}: {}", file.string(), why),
              "state_dir");
}

Result<EvpKey> read_key(const std::filesystem::path& file) {
  const File stream(std::fopen(file.c_str(), "re"), &std::fclose);
  if (!stream) return refuse(file, std::strerror(errno));
  struct stat status{};
  if (fstat(fileno(stream.get()), &status) != 0) return refuse(file, std::strerror(errno));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refuse(file, "the signing key must be its owner's alone: chmod 600");
  EVP_PKEY* key = PEM_read_PrivateKey(stream.get(), nullptr, nullptr, nullptr);
  if (key == nullptr)
    return refuse(file, "no PEM private key; remove the file to have a new one made");
  return EvpKey(key, &EVP_PKEY_free);
}

/// Complete under its name or not there at all.
Status write_key(const std::filesystem::path& file, EVP_PKEY* key) {
  const std::filesystem::path part = file.string() + ".new";
  unlink(part.c_str());
  const int descriptor = open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return refuse(part, std::strerror(errno));
  const File stream(fdopen(descriptor, "w"), &std::fclose);
  const bool written =
      stream &&
      PEM_write_PKCS8PrivateKey(stream.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      std::fflush(stream.get()) == 0 && fsync(descriptor) == 0;
  if (!written || rename(part.c_str(), file.c_str()) != 0)
    return refuse(file, fmt::format("the signing key cannot be written: {}", std::strerror(errno)));
  return {};
}

Result<EvpKey> generate_key() {
  EVP_PKEY* key = EVP_EC_gen("P-384");
  if (key == nullptr) {
    ERR_clear_error();
    return fail(Category::kInternal, IssueType::kException, "no P-384 key can be made");
  }
  return EvpKey(key, &EVP_PKEY_free);
}

}  // namespace

Result<SigningKey> SigningKey::make(EvpKey key) {
  SigningKey made;
  KAP_TRY(made.kid_, thumbprint(key.get()));
  KAP_TRY(const std::string jwk, to_public_jwk(key.get(), made.kid_));
  made.jwks_ = fmt::format(R"({{"keys":[{}]}})", jwk);
  made.public_key_ = {.kid = made.kid_, .algorithm = Algorithm::kEs384, .key = std::move(key)};
  return made;
}

Result<SigningKey> SigningKey::generate() {
  KAP_TRY(EvpKey key, generate_key());
  return make(std::move(key));
}

Result<SigningKey> SigningKey::load_or_create(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    KAP_TRY(const EvpKey key, generate_key());
    KAP_CHECK_OK(write_key(file, key.get()));
  }
  KAP_TRY(EvpKey key, read_key(file));
  return make(std::move(key));
}

Result<std::string> SigningKey::sign(std::string_view header, std::string_view claims) const {
  return sign_jws(header, claims, Algorithm::kEs384, public_key_.key.get());
}

Result<BearerToken> sign_access_token(const SigningKey& key, const AccessClaims& claims) {
  std::string json = "{";
  const auto add = [&](std::string_view name, std::string_view value) {
    json += fmt::format("\"{}\":", name);
    fhir::json::print_string(value, json);
    json += ',';
  };
  add("iss", claims.issuer);
  add("aud", claims.audience);
  add("sub", claims.client.text());
  add("client_id", claims.client.text());
  add("scope", claims.scope);
  add("jti", claims.jti);
  json += fmt::format("\"iat\":{},\"exp\":{}}}", claims.issued.time_since_epoch().count(),
                      claims.expires.time_since_epoch().count());
  const std::string header =
      fmt::format(R"({{"alg":"ES384","typ":"at+jwt","kid":"{}"}})", key.kid());
  KAP_TRY(std::string token, key.sign(header, json));
  return BearerToken(std::move(token));
}

Result<AccessClaims> verify_access_token(const SigningKey& key, const BearerToken& token) {
  const auto refuse_token = [](std::string_view why) {
    return fail(Category::kUnauthenticated, IssueType::kLogin, std::string(why));
  };
  const auto jws = parse_jws(token.text());
  if (!jws) return refuse_token("the access token is malformed");
  if (jws->kid != key.kid() || jws->type != "at+jwt" || !verify(*jws, key.public_key()))
    return refuse_token("the access token was not issued by this server");
  const auto& claims = jws->claims.root;
  const auto issued = to_time(claims.find("iat"));
  const auto expires = to_time(claims.find("exp"));
  if (!issued || !expires) return refuse_token("the access token is malformed");
  return AccessClaims{.issuer = std::string(claims.string("iss")),
                      .audience = std::string(claims.string("aud")),
                      .client = ClientId(std::string(claims.string("client_id"))),
                      .scope = std::string(claims.string("scope")),
                      .jti = std::string(claims.string("jti")),
                      .issued = *issued,
                      .expires = *expires};
}

}  // namespace kap::gateway::security

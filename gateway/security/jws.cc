#include "gateway/security/jws.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include <array>
#include <charconv>
#include <utility>

#include "fhir/json/parse.h"
#include "gateway/security/base64url.h"

namespace kap::gateway::security {
namespace {

using fhir::json::Value;

constexpr std::size_t kMaxJwsBytes = 16U << 10U;
constexpr int kHalf = 48;  // bytes of r and of s in ES384
constexpr std::size_t kSignature = std::size_t{2} * kHalf;
constexpr double kLastSecond = 253'402'300'799;

using MdContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::unexpected<Outcome> refuse(std::string_view why) {
  return fail(Category::kInvalidRequest, IssueType::kSecurity, std::string(why));
}

Result<fhir::json::Document> parse_part(std::string_view part, std::string_view name) {
  const auto text = decode_base64url(part);
  if (!text) return refuse(fmt::format("the {} of the JWT is not base64url without padding", name));
  auto document = fhir::json::parse(*text, {.bytes = kMaxJwsBytes, .depth = 8});
  if (!document || !document->root.is_object())
    return refuse(fmt::format("the {} of the JWT is no JSON object", name));
  return document;
}

Status read_header(const Value& header, Jws& jws) {
  static constexpr std::array<std::string_view, 10> kRefused = {
      "jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"};
  for (const std::string_view name : kRefused)
    if (header.find(name) != nullptr)
      return refuse(
          fmt::format("the header of the JWT has {}, which is not accepted; the key is "
                      "the registered one of its kid",
                      name));
  const std::string_view algorithm = header.string("alg");
  if (algorithm == "RS384")
    jws.algorithm = Algorithm::kRs384;
  else if (algorithm == "ES384")
    jws.algorithm = Algorithm::kEs384;
  else
    return refuse("the alg of the JWT must be RS384 or ES384");
  jws.kid = header.string("kid");
  if (jws.kid.empty()) return refuse("the header of the JWT has no kid");
  jws.type = header.string("typ");
  return {};
}

/// r and s, 48 bytes each, to the DER that OpenSSL takes.
std::string to_der(std::string_view signature) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(),
                                                                   &ECDSA_SIG_free);
  BIGNUM* r = BN_bin2bn(bytes, kHalf, nullptr);
  BIGNUM* s = BN_bin2bn(bytes + kHalf, kHalf, nullptr);
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string from_der(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &ECDSA_SIG_free);
  if (!pair) return {};
  std::string out(kSignature, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes, kHalf);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes + kHalf, kHalf);
  return out;
}

}  // namespace

Result<Jws> parse_jws(std::string_view compact) {
  if (compact.size() > kMaxJwsBytes) return refuse("the JWT is larger than 16 KiB");
  const std::size_t first = compact.find('.');
  const std::size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos)
    return refuse("the JWT is not three parts with dots between them");
  Jws jws;
  KAP_TRY(const auto header, parse_part(compact.substr(0, first), "header"));
  KAP_CHECK_OK(read_header(header.root, jws));
  KAP_TRY(jws.claims, parse_part(compact.substr(first + 1, second - first - 1), "body"));
  auto signature = decode_base64url(compact.substr(second + 1));
  if (!signature || signature->empty()) return refuse("the JWT has no base64url signature");
  jws.signature = *std::move(signature);
  jws.signing_input = compact.substr(0, second);
  return jws;
}

bool verify(const Jws& jws, const PublicKey& key) {
  if (jws.algorithm != key.algorithm) return false;
  std::string signature = jws.signature;
  if (jws.algorithm == Algorithm::kEs384) {
    if (signature.size() != kSignature) return false;
    signature = to_der(signature);
  }
  const MdContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool holds =
      context &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha384(), nullptr, key.key.get()) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(),
                       reinterpret_cast<const unsigned char*>(jws.signing_input.data()),
                       jws.signing_input.size()) == 1;
  ERR_clear_error();
  return holds;
}

Result<std::string> sign_jws(std::string_view header, std::string_view claims, Algorithm algorithm,
                             EVP_PKEY* key) {
  std::string input = encode_base64url(header) + "." + encode_base64url(claims);
  const MdContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()) != 1) {
    ERR_clear_error();
    return fail(Category::kInternal, IssueType::kException, "the JWT cannot be signed");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes, input.size()) != 1) {
    ERR_clear_error();
    return fail(Category::kInternal, IssueType::kException, "the JWT cannot be signed");
  }
  signature.resize(size);
  if (algorithm == Algorithm::kEs384) signature = from_der(signature);
  return input + "." + encode_base64url(signature);
}

std::optional<std::chrono::sys_seconds> to_time(const Value* claim) {
  if (claim == nullptr || !claim->is_number()) return std::nullopt;
  const std::string_view text = claim->text();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= kLastSecond)) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(value)));
}

}  // namespace kap::gateway::security

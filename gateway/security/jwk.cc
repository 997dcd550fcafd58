#include "gateway/security/jwk.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/security/base64url.h"

namespace kap::gateway::security {
namespace {

using fhir::json::Value;

constexpr std::size_t kCoordinateBytes = 48;  // of P-384
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr std::size_t kMaxKeys = 32;

struct BnDeleter {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
using Bn = std::unique_ptr<BIGNUM, BnDeleter>;

std::unexpected<Outcome> refuse(std::string_view where, std::string_view why) {
  ERR_clear_error();
  return fail(Category::kInvalidRequest, IssueType::kValue, std::string(why), std::string(where));
}

Result<std::string> bytes_of(const Value& jwk, std::string_view member, std::string_view where) {
  const Value* value = jwk.find(member);
  const auto path = fmt::format("{}.{}", where, member);
  if (value == nullptr || !value->is_string()) return refuse(path, "expected base64url text");
  auto bytes = decode_base64url(value->text());
  if (!bytes || bytes->empty()) return refuse(path, "expected base64url text without padding");
  return *std::move(bytes);
}

Result<Bn> number_of(const Value& jwk, std::string_view member, std::string_view where) {
  KAP_TRY(const std::string bytes, bytes_of(jwk, member, where));
  Bn number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()), nullptr));
  if (!number) return refuse(where, "out of memory");
  return number;
}

/// The parameters of EVP_PKEY_fromdata, with the numbers they point to.
class Parameters {
 public:
  Parameters() : builder_(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free) {}

  bool add(const char* name, Bn number) {
    numbers_.push_back(std::move(number));
    return OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get()) == 1;
  }
  bool add_text(const char* name, const char* text) {
    return OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text, 0) == 1;
  }
  bool add_octets(const char* name, const std::string& octets) {
    return OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, octets.data(), octets.size()) ==
           1;
  }
  EvpKey make(const char* type, int selection) {
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
        OSSL_PARAM_BLD_to_param(builder_.get()), &OSSL_PARAM_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1)
      return nullptr;
    return {key, &EVP_PKEY_free};
  }

 private:
  std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder_;
  std::vector<Bn> numbers_;
};

Result<EvpKey> make_rsa(const Value& jwk, const std::string& where, int selection) {
  struct Part {
    const char* member;
    const char* name;
  };
  static constexpr std::array<Part, 6> kPrivate = {{{"d", OSSL_PKEY_PARAM_RSA_D},
                                                    {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                                    {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                                    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                                    {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                                    {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}}};
  KAP_TRY(Bn modulus, number_of(jwk, "n", where));
  KAP_TRY(Bn exponent, number_of(jwk, "e", where));
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits || BN_is_odd(modulus.get()) == 0) {
    return refuse(where + ".n", fmt::format("an RSA key of {} bits; expected {} to {}", bits,
                                            kLeastRsaBits, kMostRsaBits));
  }
  if (BN_is_odd(exponent.get()) == 0 || BN_num_bits(exponent.get()) < 17 ||
      BN_num_bits(exponent.get()) > 33)
    return refuse(where + ".e", "expected an odd public exponent of 65537 or a little more");
  Parameters parameters;
  bool ok = parameters.add(OSSL_PKEY_PARAM_RSA_N, std::move(modulus)) &&
            parameters.add(OSSL_PKEY_PARAM_RSA_E, std::move(exponent));
  if (selection == EVP_PKEY_KEYPAIR) {
    for (const Part& part : kPrivate) {
      KAP_TRY(Bn number, number_of(jwk, part.member, where));
      ok = ok && parameters.add(part.name, std::move(number));
    }
  }
  EvpKey key = ok ? parameters.make("RSA", selection) : nullptr;
  if (!key) return refuse(where, "these numbers make no RSA key");
  return key;
}

Result<EvpKey> make_ec(const Value& jwk, const std::string& where, int selection) {
  if (jwk.string("crv") != "P-384") return refuse(where + ".crv", "expected P-384 (ES384)");
  KAP_TRY(const std::string x, bytes_of(jwk, "x", where));
  KAP_TRY(const std::string y, bytes_of(jwk, "y", where));
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes)
    return refuse(where, "x and y of P-384 have 48 bytes each");
  Parameters parameters;
  bool ok = parameters.add_text(OSSL_PKEY_PARAM_GROUP_NAME, "P-384");
  const std::string point = "\x04" + x + y;
  ok = ok && parameters.add_octets(OSSL_PKEY_PARAM_PUB_KEY, point);
  if (selection == EVP_PKEY_KEYPAIR) {
    KAP_TRY(Bn number, number_of(jwk, "d", where));
    ok = ok && parameters.add(OSSL_PKEY_PARAM_PRIV_KEY, std::move(number));
  }
  EvpKey key = ok ? parameters.make("EC", selection) : nullptr;
  if (!key) return refuse(where, "these numbers are no point of P-384");
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> check(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), &EVP_PKEY_CTX_free);
  if (!check || EVP_PKEY_public_check(check.get()) != 1)
    return refuse(where, "these numbers are no point of P-384");
  return key;
}

Status check_usage(const Value& jwk, const std::string& where, Algorithm algorithm) {
  if (const Value* alg = jwk.find("alg"); alg != nullptr && alg->text() != to_text(algorithm))
    return refuse(where + ".alg",
                  fmt::format("expected {} for this type of key", to_text(algorithm)));
  if (const Value* use = jwk.find("use"); use != nullptr && use->text() != "sig")
    return refuse(where + ".use", "expected sig");
  if (const Value* operations = jwk.find("key_ops")) {
    const bool verifies =
        operations->is_array() && std::ranges::any_of(operations->items(), [](const Value& one) {
          return one.text() == "verify" || one.text() == "sign";
        });
    if (!verifies) return refuse(where + ".key_ops", "expected verify among them");
  }
  return {};
}

struct Parsed {
  std::string kid;
  Algorithm algorithm;
  EvpKey key;
};

Result<Parsed> parse_jwk(const Value& jwk, const std::string& where, int selection) {
  if (!jwk.is_object()) return refuse(where, "expected a JSON Web Key");
  const std::string_view type = jwk.string("kty");
  if (type != "RSA" && type != "EC")
    return refuse(where + ".kty", "expected RSA (RS384) or EC (ES384, P-384)");
  const Algorithm algorithm = type == "RSA" ? Algorithm::kRs384 : Algorithm::kEs384;
  const std::string kid(jwk.string("kid"));
  if (kid.empty() || kid.size() > 256)
    return refuse(where + ".kid", "expected a name of 1 to 256 bytes");
  KAP_CHECK_OK(check_usage(jwk, where, algorithm));
  if (type == "RSA") {
    KAP_TRY(EvpKey key, make_rsa(jwk, where, selection));
    return Parsed{kid, algorithm, std::move(key)};
  }
  KAP_TRY(EvpKey key, make_ec(jwk, where, selection));
  return Parsed{kid, algorithm, std::move(key)};
}

std::string text_of(EVP_PKEY* key, const char* name, std::size_t width = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const Bn number(raw);
  std::string bytes(std::max(width, static_cast<std::size_t>(BN_num_bytes(raw))), '\0');
  if (BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size())) < 0)
    return {};
  return encode_base64url(bytes);
}

}  // namespace

std::string_view to_text(Algorithm algorithm) {
  return algorithm == Algorithm::kRs384 ? "RS384" : "ES384";
}

Result<std::vector<PublicKey>> parse_jwks(std::string_view json) {
  KAP_TRY(const fhir::json::Document document,
          fhir::json::parse(json, {.bytes = 256U << 10U, .depth = 8}));
  const Value* keys = document.root.find("keys");
  if (keys == nullptr || !keys->is_array() || keys->items().empty())
    return refuse("keys", "expected a JWK Set: an object with a list `keys` that is not empty");
  if (keys->items().size() > kMaxKeys)
    return refuse("keys", fmt::format("more than {} keys", kMaxKeys));
  static constexpr std::array<std::string_view, 8> kSecret = {"d",  "p",  "q",   "dp",
                                                              "dq", "qi", "oth", "k"};
  std::vector<PublicKey> parsed;
  for (std::size_t i = 0; i < keys->items().size(); ++i) {
    const Value& jwk = keys->items()[i];
    const std::string where = fmt::format("keys[{}]", i);
    for (const std::string_view name : kSecret)
      if (jwk.find(name) != nullptr)
        return refuse(fmt::format("{}.{}", where, name),
                      "a private or symmetric key; register the public one and replace this one, "
                      "which others have now seen");
    KAP_TRY(Parsed key, parse_jwk(jwk, where, EVP_PKEY_PUBLIC_KEY));
    if (std::ranges::find(parsed, key.kid, &PublicKey::kid) != parsed.end())
      return refuse(where + ".kid", "another key of the set has this kid");
    parsed.push_back({std::move(key.kid), key.algorithm, std::move(key.key)});
  }
  return parsed;
}

Result<PrivateKey> parse_private_jwk(std::string_view json) {
  KAP_TRY(const fhir::json::Document document,
          fhir::json::parse(json, {.bytes = 64U << 10U, .depth = 8}));
  KAP_TRY(Parsed key, parse_jwk(document.root, "jwk", EVP_PKEY_KEYPAIR));
  return PrivateKey{std::move(key.kid), key.algorithm, std::move(key.key)};
}

Result<std::string> to_public_jwk(EVP_PKEY* key, std::string_view kid) {
  std::string out;
  const bool is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
  out += fmt::format(R"({{"kty":"{}","kid":)", is_rsa ? "RSA" : "EC");
  fhir::json::print_string(kid, out);
  if (is_rsa) {
    out += fmt::format(R"(,"alg":"RS384","use":"sig","n":"{}","e":"{}"}})",
                       text_of(key, OSSL_PKEY_PARAM_RSA_N), text_of(key, OSSL_PKEY_PARAM_RSA_E));
    return out;
  }
  const std::string x = text_of(key, OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateBytes);
  const std::string y = text_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateBytes);
  if (x.empty() || y.empty()) return refuse("jwk", "expected an RSA or P-384 key");
  out += fmt::format(R"(,"alg":"ES384","use":"sig","crv":"P-384","x":"{}","y":"{}"}})", x, y);
  return out;
}

Result<std::string> thumbprint(EVP_PKEY* key) {
  std::string canonical;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    canonical =
        fmt::format(R"({{"e":"{}","kty":"RSA","n":"{}"}})", text_of(key, OSSL_PKEY_PARAM_RSA_E),
                    text_of(key, OSSL_PKEY_PARAM_RSA_N));
  } else {
    const std::string x = text_of(key, OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateBytes);
    const std::string y = text_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateBytes);
    if (x.empty() || y.empty()) return refuse("jwk", "expected an RSA or P-384 key");
    canonical = fmt::format(R"({{"crv":"P-384","kty":"EC","x":"{}","y":"{}"}})", x, y);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(canonical.data()), canonical.size(), digest.data());
  return encode_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace kap::gateway::security

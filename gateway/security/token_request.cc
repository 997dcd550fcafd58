#include "gateway/security/token_request.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/security/jwk.h"
#include "gateway/security/jws.h"
#include "gateway/security/token_endpoint.h"

namespace kap::gateway::security {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64U << 10U;
constexpr long kTimeoutSeconds = 20;
constexpr std::chrono::seconds kLifetime{60};

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
  auto& answer = *static_cast<std::string*>(to);
  if (answer.size() + size * count > kMaxAnswerBytes) return 0;
  answer.append(data, size * count);
  return size * count;
}

std::unexpected<Outcome> refuse(std::string why) {
  return fail(Category::kUnavailable, IssueType::kProcessing, std::move(why), "token");
}

std::string form_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

Result<std::string> encode_token_request(const TokenRequest& request, const Clock& clock) {
  KAP_TRY(const PrivateKey key, parse_private_jwk(request.private_jwk));
  std::string header = fmt::format(R"({{"alg":"{}","typ":"JWT","kid":)", to_text(key.algorithm));
  fhir::json::print_string(key.kid, header);
  header += '}';
  std::string claims = "{\"iss\":";
  fhir::json::print_string(request.client_id, claims);
  claims += ",\"sub\":";
  fhir::json::print_string(request.client_id, claims);
  claims += ",\"aud\":";
  fhir::json::print_string(request.token_url, claims);
  const auto expires = std::chrono::floor<std::chrono::seconds>(clock.now()) + kLifetime;
  claims +=
      fmt::format(R"(,"exp":{},"jti":"{}"}})", expires.time_since_epoch().count(), random_id());
  KAP_TRY(const std::string assertion, sign_jws(header, claims, key.algorithm, key.key.get()));
  return fmt::format(
      "grant_type=client_credentials&scope={}&client_assertion_type={}&client_assertion={}",
      form_escaped(request.scope),
      form_escaped("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), assertion);
}

Result<BearerToken> request_token(const TokenRequest& request, const Clock& clock) {
  KAP_TRY(const std::string body, encode_token_request(request, clock));
  const Curl curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return refuse("libcurl cannot be set up");
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, request.token_url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca.empty()) curl_easy_setopt(curl.get(), CURLOPT_CAINFO, request.ca.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK)
    return refuse(fmt::format("{}: {}", request.token_url, curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  const auto document = fhir::json::parse(answer);
  if (!document)
    return refuse(fmt::format("{}: {} without a JSON answer", request.token_url, status));
  const auto& root = document->root;
  const std::string_view token = root.string("access_token");
  if (status == 200 && !token.empty()) return BearerToken(std::string(token));
  return refuse(fmt::format("{}: {} {}: {}", request.token_url, status, root.string("error"),
                            root.string("error_description")));
}

}  // namespace kap::gateway::security

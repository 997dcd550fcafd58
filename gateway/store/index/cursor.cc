#include "gateway/store/index/cursor.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "gateway/store/index/ordered.h"

namespace kap::gateway::store {
namespace {

constexpr std::size_t kPlaceBytes = 16;  // two sequence numbers
constexpr std::size_t kMacBytes = 16;
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string mac_of(std::string_view places, std::string_view search, std::string_view secret) {
  const std::string message = std::string(places).append(search);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
}

std::string encode_base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char byte : bytes) {
    bits = bits << 8U | static_cast<std::uint8_t>(byte);
    for (held += 8; held >= 6; held -= 6) out.push_back(kDigits[bits >> (held - 6) & 63U]);
  }
  if (held > 0) out.push_back(kDigits[bits << (6 - held) & 63U]);
  return out;
}

std::string parse_base64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char digit : text) {
    const auto place = kDigits.find(digit);
    if (place == std::string_view::npos) return {};
    bits = bits << 6U | static_cast<std::uint32_t>(place);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<char>(bits >> held & 0xffU));
  }
  return out;
}

}  // namespace

std::string encode_cursor(const Cursor& cursor, std::string_view search, std::string_view secret) {
  std::string bytes;
  append_ordered(bytes, cursor.as_of.value);
  append_ordered(bytes, cursor.last.value);
  bytes.append(mac_of(bytes, search, secret));
  return encode_base64url(bytes);
}

Result<Cursor> parse_cursor(std::string_view text, std::string_view search,
                            std::string_view secret) {
  const auto bytes = parse_base64url(text);
  std::string_view places = std::string_view(bytes).substr(0, kPlaceBytes);
  const auto canonical = encode_base64url(bytes);
  if (bytes.size() == kPlaceBytes + kMacBytes && canonical == text) {
    const auto mac = mac_of(places, search, secret);
    if (CRYPTO_memcmp(mac.data(), bytes.data() + kPlaceBytes, kMacBytes) == 0) {
      Cursor cursor;
      if (take_ordered(places, cursor.as_of.value) && take_ordered(places, cursor.last.value)) {
        return cursor;
      }
    }
  }
  return fail(Category::kInvalidRequest, IssueType::kValue,
              "the page cursor is not one that this server gave for this search; follow the "
              "Bundle's next link as it is");
}

}  // namespace kap::gateway::store

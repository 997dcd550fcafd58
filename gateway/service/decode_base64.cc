#include "gateway/service/decode_base64.h"

#include <openssl/evp.h>

namespace kap::gateway::service {

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits;
  digits.reserve(text.size());
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') digits += c;
  if (digits.size() % 4 != 0) return std::nullopt;
  const auto padding = digits.ends_with("==") ? 2U : digits.ends_with('=') ? 1U : 0U;
  // The decoder takes padding anywhere and counts it as zeros.
  if (digits.find('=') < digits.size() - padding) return std::nullopt;
  std::string out(digits.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(digits.data()),
                                   static_cast<int>(digits.size()));
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace kap::gateway::service

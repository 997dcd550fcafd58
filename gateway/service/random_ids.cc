#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "gateway/service/write_context.h"

namespace kap::gateway::service {

ResourceId RandomIds::next() const {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<unsigned char, 17> bytes{};  // one more than is needed, so that 26 letters come out
  if (RAND_bytes(bytes.data(), 16) != 1) throw std::runtime_error("no random bytes to be had");
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8U) | byte;
    for (held += 8; held >= 5 && text.size() < 26; held -= 5)
      text += kAlphabet[(bits >> (held - 5)) & 31U];
  }
  return ResourceId(std::move(text));
}

}  // namespace kap::gateway::service

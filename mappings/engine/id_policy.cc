#include "mappings/engine/id_policy.h"

// The one-shot and EVP interfaces of OpenSSL 3 look algorithms up and allocate on every call; a
// record needs a hundred hashes, so the digest's plain functions are used with both pads absorbed
// once.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace kap::mappings {

struct IdPolicy::State {
  SHA256_CTX inner{};
  SHA256_CTX outer{};
};

IdPolicy IdPolicy::local() { return {}; }

IdPolicy IdPolicy::hashed(std::span<const std::uint8_t> key) {
  std::array<std::uint8_t, SHA256_CBLOCK> block{};
  if (key.size() > block.size()) {
    SHA256(key.data(), key.size(), block.data());
  } else {
    std::ranges::copy(key, block.begin());
  }
  auto state = std::make_shared<State>();
  for (std::uint8_t& byte : block) byte ^= 0x36U;
  SHA256_Init(&state->inner);
  SHA256_Update(&state->inner, block.data(), block.size());
  for (std::uint8_t& byte : block) byte ^= 0x36U ^ 0x5CU;
  SHA256_Init(&state->outer);
  SHA256_Update(&state->outer, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  IdPolicy out;
  out.state_ = std::move(state);
  return out;
}

IdPolicy::Hashed IdPolicy::hash(std::string_view clinic, std::string_view type,
                                std::string_view local_id) const {
  static constexpr char kSeparator = '\x1F';
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256_CTX context = state_->inner;
  SHA256_Update(&context, clinic.data(), clinic.size());
  SHA256_Update(&context, &kSeparator, 1);
  SHA256_Update(&context, type.data(), type.size());
  SHA256_Update(&context, &kSeparator, 1);
  SHA256_Update(&context, local_id.data(), local_id.size());
  SHA256_Final(digest.data(), &context);
  context = state_->outer;
  SHA256_Update(&context, digest.data(), digest.size());
  SHA256_Final(digest.data(), &context);
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  Hashed out{};
  std::uint32_t bits = 0;
  std::uint32_t count = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    bits = (bits << 8U) | digest[i];
    count += 8;
    while (count >= 5) {
      count -= 5;
      out[next++] = kAlphabet[(bits >> count) & 31U];
    }
  }
  out[next] = kAlphabet[(bits << (5 - count)) & 31U];
  return out;
}

}  // namespace kap::mappings

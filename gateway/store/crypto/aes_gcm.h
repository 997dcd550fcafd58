#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fhir/base/result.h"

namespace kap::gateway::store::crypto {

/// 256 bits that are wiped when they go. There is no way to print them.
class Key {
 public:
  static constexpr std::size_t kBytes = 32;

  Key() = default;
  explicit Key(std::span<const std::uint8_t, kBytes> bytes);
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();

  /// kInternal when the system has no random bytes.
  [[nodiscard]] static Result<Key> random();
  /// HKDF with SHA-256 (RFC 5869): a key of its own for each `salt` and purpose `info`.
  [[nodiscard]] Key derive(std::span<const std::uint8_t> salt, std::string_view info) const;

  [[nodiscard]] std::span<const std::uint8_t, kBytes> bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, kBytes> bytes_{};
};

inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;
using Nonce = std::array<std::uint8_t, kNonceBytes>;
using Tag = std::array<std::uint8_t, kTagBytes>;
using Bytes = std::span<const std::uint8_t>;

/// AES-256-GCM, NIST SP 800-38D. A nonce must never be used twice with one key. `out` is as long as
/// the text and may be the text itself.
[[nodiscard]] Tag seal(const Key& key, const Nonce& nonce, Bytes associated, Bytes plain,
                       std::uint8_t* out);
/// False, and `out` worthless, when key, nonce, associated data, text or tag is not what it was.
[[nodiscard]] bool open(const Key& key, const Nonce& nonce, Bytes associated, Bytes sealed,
                        const Tag& tag, std::uint8_t* out);

[[nodiscard]] inline Bytes to_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace kap::gateway::store::crypto

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace kap::mappings {

/// What becomes of the local ids that maps write: of a resource's `id` and of `Type/local` in
/// Reference.reference.
class IdPolicy {
 public:
  static constexpr std::size_t kHashedSize = 26;
  using Hashed = std::array<char, kHashedSize>;

  /// Local ids stay as they are: what golden tests and other engines see.
  [[nodiscard]] static IdPolicy local();
  /// Keyed hash: the first 128 bits of HMAC-SHA-256 over `clinic`, the FHIR type and the local id,
  /// separated by U+001F, as 26 characters of lower-case base32 (RFC 4648 alphabet, no padding).
  /// The record's revision has no part in it. `key` should have 32 bytes or more.
  [[nodiscard]] static IdPolicy hashed(std::span<const std::uint8_t> key);

  [[nodiscard]] bool is_local() const { return state_ == nullptr; }
  /// Asked of a hashed policy alone.
  [[nodiscard]] Hashed hash(std::string_view clinic, std::string_view type,
                            std::string_view local_id) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace kap::mappings

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>

#include "fhir/base/result.h"
#include "gateway/store/crypto/aes_gcm.h"
#include "gateway/store/crypto/key_ring.h"

namespace kap::gateway::store::sqlite {

inline constexpr std::size_t kPageBytes = 8192;

/// Seals database pages with AES-256-GCM. SQLite leaves the end of every page to us (its reserved
/// bytes), which hold after sealing: the number of the data key (4 bytes), the session (16), a
/// counter (12) and the tag (16).
///
/// A session is one opening of the store. Its random salt derives a key of its own from the data
/// key, under which the counter is the nonce: no nonce can repeat, however many pages are written.
/// Safe from every thread.
class PageCipher {
 public:
  static constexpr std::size_t kReservedBytes = 48;
  static constexpr std::size_t kTextBytes = kPageBytes - kReservedBytes;
  using Page = std::span<std::uint8_t, kPageBytes>;
  using ConstPage = std::span<const std::uint8_t, kPageBytes>;

  [[nodiscard]] static Result<std::unique_ptr<PageCipher>> make(
      std::shared_ptr<const crypto::KeyRing> keys);

  /// `place` binds the page to where it stands; its reserved bytes are not read.
  void seal(ConstPage plain, crypto::Bytes place, Page sealed);
  /// False when the page is not one that was sealed for that place; `plain` is worthless then. Its
  /// reserved bytes come back as zeros, as SQLite keeps them.
  [[nodiscard]] bool open(ConstPage sealed, crypto::Bytes place, Page plain) const;

 private:
  using Session = std::array<std::uint8_t, 16>;

  explicit PageCipher(std::shared_ptr<const crypto::KeyRing> keys) : keys_(std::move(keys)) {}
  /// The key of a session, derived once; nullopt for a data key that is not in the ring.
  [[nodiscard]] std::optional<crypto::Key> session_key(crypto::KeyNumber number,
                                                       const Session& session) const;

  std::shared_ptr<const crypto::KeyRing> keys_;
  Session session_{};
  crypto::Key key_;
  std::atomic<std::uint64_t> counter_{1};
  mutable std::shared_mutex mutex_;
  mutable std::map<std::pair<crypto::KeyNumber, Session>, crypto::Key> sessions_;
};

}  // namespace kap::gateway::store::sqlite

#include "gateway/store/sqlite/page_cipher.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::size_t kKeyAt = PageCipher::kTextBytes;
constexpr std::size_t kSessionAt = kKeyAt + 4;
constexpr std::size_t kCounterAt = kSessionAt + 16;
constexpr std::size_t kTagAt = kCounterAt + crypto::kNonceBytes;
static_assert(kTagAt + crypto::kTagBytes == kPageBytes);
constexpr std::size_t kMaxPlaceBytes = 32;
constexpr std::string_view kPurpose = "kap database pages 1";

/// What is authenticated besides the text: the place, then the key's number and the session.
struct Associated {
  std::array<std::uint8_t, kMaxPlaceBytes + 20> bytes{};
  std::size_t size = 0;

  Associated(crypto::Bytes place, const std::uint8_t* key_and_session) {
    std::ranges::copy(place, bytes.begin());
    std::memcpy(bytes.data() + place.size(), key_and_session, 20);
    size = place.size() + 20;
  }
  [[nodiscard]] crypto::Bytes span() const { return {bytes.data(), size}; }
};

}  // namespace

Result<std::unique_ptr<PageCipher>> PageCipher::make(std::shared_ptr<const crypto::KeyRing> keys) {
  auto made = std::unique_ptr<PageCipher>(new PageCipher(std::move(keys)));
  if (RAND_bytes(made->session_.data(), static_cast<int>(made->session_.size())) != 1)
    return fail(Category::kInternal, IssueType::kException, "no random bytes to be had");
  const auto key = made->session_key(made->keys_->current(), made->session_);
  if (!key)
    return fail(Category::kInternal, IssueType::kException, "the key ring lacks its current key");
  made->key_ = *key;
  return made;
}

std::optional<crypto::Key> PageCipher::session_key(crypto::KeyNumber number,
                                                   const Session& session) const {
  const std::pair which(number, session);
  {
    const std::shared_lock lock(mutex_);
    if (const auto at = sessions_.find(which); at != sessions_.end()) return at->second;
  }
  const crypto::Key* data_key = keys_->find(number);
  if (data_key == nullptr) return std::nullopt;
  auto derived = data_key->derive(session, kPurpose);
  const std::unique_lock lock(mutex_);
  sessions_.emplace(which, derived);
  return derived;
}

void PageCipher::seal(ConstPage plain, crypto::Bytes place, Page sealed) {
  const crypto::KeyNumber number = keys_->current();
  std::uint8_t* const trailer = sealed.data();
  for (std::size_t i = 0; i < 4; ++i)
    trailer[kKeyAt + i] = static_cast<std::uint8_t>(number >> (8 * i));
  std::ranges::copy(session_, trailer + kSessionAt);
  crypto::Nonce nonce{};
  const auto count = counter_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(count >> (8 * i));
  std::ranges::copy(nonce, trailer + kCounterAt);
  const Associated associated(place, trailer + kKeyAt);
  const auto tag =
      crypto::seal(key_, nonce, associated.span(), plain.first<kTextBytes>(), sealed.data());
  std::ranges::copy(tag, trailer + kTagAt);
}

bool PageCipher::open(ConstPage sealed, crypto::Bytes place, Page plain) const {
  const std::uint8_t* const trailer = sealed.data();
  crypto::KeyNumber number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number |= static_cast<crypto::KeyNumber>(trailer[kKeyAt + i]) << (8 * i);
  Session session{};
  std::copy_n(trailer + kSessionAt, session.size(), session.begin());
  const auto key = session_key(number, session);
  if (!key) return false;
  crypto::Nonce nonce{};
  std::copy_n(trailer + kCounterAt, nonce.size(), nonce.begin());
  crypto::Tag tag{};
  std::copy_n(trailer + kTagAt, tag.size(), tag.begin());
  const Associated associated(place, trailer + kKeyAt);
  const bool is_right =
      crypto::open(*key, nonce, associated.span(), sealed.first<kTextBytes>(), tag, plain.data());
  std::ranges::fill(plain.last<kReservedBytes>(), 0);
  return is_right;
}

}  // namespace kap::gateway::store::sqlite

#include "gateway/store/crypto/aes_gcm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace kap::gateway::store::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// One for each thread: making one costs more than sealing a page.
EVP_CIPHER_CTX* context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> kContext(EVP_CIPHER_CTX_new());
  return kContext.get();
}

const EVP_CIPHER* cipher() {
  // Fetched once: a lookup by name takes a lock of the library.
  static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return kCipher;
}

/// OpenSSL's cipher functions fail only for want of memory or of the algorithm.
void demand(int result) {
  if (result != 1) throw std::runtime_error("AES-256-GCM is not to be had");
}

}  // namespace

Key::Key(std::span<const std::uint8_t, kBytes> bytes) { std::ranges::copy(bytes, bytes_.begin()); }

Key::~Key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Result<Key> Key::random() {
  Key key;
  if (RAND_priv_bytes(key.bytes_.data(), static_cast<int>(key.bytes_.size())) != 1)
    return fail(Category::kInternal, IssueType::kException, "no random bytes to be had");
  return key;
}

Key Key::derive(std::span<const std::uint8_t> salt, std::string_view info) const {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> derivation(
      EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr), &EVP_PKEY_CTX_free);
  Key derived;
  std::size_t size = derived.bytes_.size();
  demand(EVP_PKEY_derive_init(derivation.get()));
  demand(EVP_PKEY_CTX_set_hkdf_md(derivation.get(), EVP_sha256()));
  demand(EVP_PKEY_CTX_set1_hkdf_salt(derivation.get(), salt.data(), static_cast<int>(salt.size())));
  demand(
      EVP_PKEY_CTX_set1_hkdf_key(derivation.get(), bytes_.data(), static_cast<int>(bytes_.size())));
  const auto* purpose = reinterpret_cast<const unsigned char*>(info.data());
  demand(EVP_PKEY_CTX_add1_hkdf_info(derivation.get(), purpose, static_cast<int>(info.size())));
  demand(EVP_PKEY_derive(derivation.get(), derived.bytes_.data(), &size));
  return derived;
}

Tag seal(const Key& key, const Nonce& nonce, Bytes associated, Bytes plain, std::uint8_t* out) {
  EVP_CIPHER_CTX* const ctx = context();
  int size = 0;
  Tag tag{};
  demand(EVP_EncryptInit_ex2(ctx, cipher(), key.bytes().data(), nonce.data(), nullptr));
  demand(EVP_EncryptUpdate(ctx, nullptr, &size, associated.data(),
                           static_cast<int>(associated.size())));
  demand(EVP_EncryptUpdate(ctx, out, &size, plain.data(), static_cast<int>(plain.size())));
  demand(EVP_EncryptFinal_ex(ctx, out + size, &size));
  demand(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()));
  return tag;
}

bool open(const Key& key, const Nonce& nonce, Bytes associated, Bytes sealed, const Tag& tag,
          std::uint8_t* out) {
  EVP_CIPHER_CTX* const ctx = context();
  int size = 0;
  Tag expected = tag;
  demand(EVP_DecryptInit_ex2(ctx, cipher(), key.bytes().data(), nonce.data(), nullptr));
  demand(EVP_DecryptUpdate(ctx, nullptr, &size, associated.data(),
                           static_cast<int>(associated.size())));
  demand(EVP_DecryptUpdate(ctx, out, &size, sealed.data(), static_cast<int>(sealed.size())));
  demand(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTagBytes, expected.data()));
  return EVP_DecryptFinal_ex(ctx, out + size, &size) == 1;
}

}  // namespace kap::gateway::store::crypto

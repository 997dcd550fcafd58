#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "fhir/base/result.h"
#include "gateway/store/crypto/aes_gcm.h"

namespace kap::gateway::store::crypto {

using KeyNumber = std::uint32_t;

/// A key of 32 bytes in a file whose mode lets nobody but its owner read it, such as the master
/// key. With kCreate an absent file is made, whole or not at all. Refused: a looser mode, another
/// size.
enum class Absent : std::uint8_t { kRefuse, kCreate };
[[nodiscard]] Result<Key> load_key(const std::filesystem::path& file, Absent absent);

/// The data keys of a database, each wrapped by the master key. Kept in a JSON file beside it:
/// `{"format":1,"current":2,"keys":[{"number":1,"nonce":"…","wrapped":"…","tag":"…"}]}`, in hex.
/// Immutable once loaded; safe from every thread.
class KeyRing {
 public:
  /// Opens the file, or makes it with a first key. kForbidden when the master key is not the one
  /// that wrapped it.
  [[nodiscard]] static Result<KeyRing> load_or_create(const std::filesystem::path& file,
                                                      const Key& master);

  [[nodiscard]] KeyNumber current() const { return current_; }
  /// nullptr: there is no key of that number.
  [[nodiscard]] const Key* find(KeyNumber number) const;

  /// A ring with one more key, which becomes the current one. Saved before it returns.
  [[nodiscard]] Result<KeyRing> rotate(const Key& master) const;
  /// The same keys under another master key. Saved before it returns.
  [[nodiscard]] Status rewrap(const Key& master) const;

 private:
  enum class Save : std::uint8_t { kNew, kReplace };
  [[nodiscard]] Status save(const Key& master, Save how) const;

  std::filesystem::path file_;
  KeyNumber current_ = 0;
  std::map<KeyNumber, Key> keys_;
};

}  // namespace kap::gateway::store::crypto

#include "gateway/store/crypto/key_ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "fhir/json/parse.h"

namespace kap::gateway::store::crypto {
namespace {

constexpr std::size_t kMaxRingBytes = 1U << 20U;

std::unexpected<Outcome> fail_on(const std::filesystem::path& file, std::string_view what) {
  return fail(Category::kInvalidRequest, IssueType::kSecurity,
              fmt::format("{}: {}", file.string(), what));
}
std::unexpected<Outcome> fail_with_errno(const std::filesystem::path& file, std::string_view what) {
  return fail_on(file, fmt::format("{}: {}", what, std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

/// Nothing: there is no such file. Refused: one that others may read, or longer than `most`.
Result<std::optional<std::string>> read_private(const std::filesystem::path& file,
                                                std::size_t most) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.value() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return fail_with_errno(file, "cannot be opened");
  }
  struct stat status{};
  if (::fstat(in.value(), &status) != 0) return fail_with_errno(file, "cannot be read");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail_on(file, "others may read this key; its mode must be 0600");
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const auto got = ::read(in.value(), text.data() + size, text.size() - size);
    if (got < 0) return fail_with_errno(file, "cannot be read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > most) return fail_on(file, "is too long to hold keys");
  }
  text.resize(size);
  return text;
}

/// Whole or not at all, and on disk before it returns: what a lost key sealed is lost, too. kNew
/// leaves a file that another process made meanwhile as it is, and says so (kConflict).
enum class Write : std::uint8_t { kNew, kReplace };
Status write_private(const std::filesystem::path& file, std::string_view text, Write how) {
  const std::filesystem::path fresh = fmt::format("{}.{}", file.string(), ::getpid());
  const Descriptor out(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (out.value() < 0 ||
      ::write(out.value(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(out.value()) != 0)
    return fail_with_errno(file, "cannot be written");
  if (how == Write::kReplace && ::rename(fresh.c_str(), file.c_str()) != 0)
    return fail_with_errno(file, "cannot be written");
  if (how == Write::kNew) {
    const int linked = ::link(fresh.c_str(), file.c_str());
    const int error = errno;
    ::unlink(fresh.c_str());
    errno = error;
    if (linked != 0 && error == EEXIST)
      return fail(Category::kConflict, IssueType::kLockError, "another process made the file");
    if (linked != 0) return fail_with_errno(file, "cannot be written");
  }
  const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.value() < 0 || ::fsync(folder.value()) != 0)
    return fail_with_errno(file, "its folder cannot be synced");
  return {};
}

std::string to_hex(Bytes bytes) {
  std::string out;
  for (const auto byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

template <std::size_t N>
bool from_hex(const fhir::json::Value* value, std::array<std::uint8_t, N>& out) {
  if (value == nullptr || value->text().size() != 2 * N) return false;
  const auto text = value->text();
  for (std::size_t i = 0; i < N; ++i) {
    const char* at = text.data() + 2 * i;
    if (std::from_chars(at, at + 2, out[i], 16).ptr != at + 2) return false;
  }
  return true;
}

bool number_in(const fhir::json::Value* value, KeyNumber& out) {
  if (value == nullptr) return false;
  const auto text = value->text();
  const char* end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, out).ptr == end && out != 0;
}

/// The number is part of what is sealed, so that no entry can stand in for another.
std::string associated_of(KeyNumber number) { return fmt::format("kap key {}", number); }

}  // namespace

Result<Key> load_key(const std::filesystem::path& file, Absent absent) {
  KAP_TRY(const auto text, read_private(file, Key::kBytes));
  if (text) {
    if (text->size() != Key::kBytes)
      return fail_on(file, "must hold exactly 32 random bytes; restore it from the backup");
    return Key(std::span<const std::uint8_t, Key::kBytes>(to_bytes(*text)));
  }
  if (absent == Absent::kRefuse) return fail_on(file, "there is no such file");
  KAP_TRY(auto key, Key::random());
  const auto bytes = key.bytes();
  const auto made =
      write_private(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, Write::kNew);
  if (made) return key;
  if (made.error().category() == Category::kConflict) return load_key(file, Absent::kRefuse);
  return std::unexpected(made.error());
}

Result<KeyRing> KeyRing::load_or_create(const std::filesystem::path& file, const Key& master) {
  KeyRing ring;
  ring.file_ = file;
  KAP_TRY(const auto text, read_private(file, kMaxRingBytes));
  if (!text) {
    ring.current_ = 1;
    KAP_TRY(const auto key, Key::random());
    ring.keys_.insert_or_assign(ring.current_, key);
    const auto made = ring.save(master, Save::kNew);
    if (made) return ring;
    if (made.error().category() == Category::kConflict) return load_or_create(file, master);
    return std::unexpected(made.error());
  }
  const auto document = fhir::json::parse(*text);
  const auto* keys = document ? document->root.find("keys") : nullptr;
  if (keys == nullptr || !number_in(document->root.find("current"), ring.current_))
    return fail_on(file, "is no key ring; restore it from the backup");
  for (const auto& entry : keys->items()) {
    KeyNumber number = 0;
    Nonce nonce{};
    Tag tag{};
    std::array<std::uint8_t, Key::kBytes> wrapped{};
    if (!number_in(entry.find("number"), number) || !from_hex(entry.find("nonce"), nonce) ||
        !from_hex(entry.find("wrapped"), wrapped) || !from_hex(entry.find("tag"), tag))
      return fail_on(file, "holds an entry that is no key; restore it from the backup");
    if (!open(master, nonce, to_bytes(associated_of(number)), wrapped, tag, wrapped.data()))
      return fail(Category::kForbidden, IssueType::kSecurity,
                  fmt::format("{}: the master key is not the one that wrapped these keys, or the "
                              "file was changed",
                              file.string()));
    ring.keys_.insert_or_assign(number, Key(wrapped));
  }
  if (ring.find(ring.current_) == nullptr) return fail_on(file, "lacks its current key");
  return ring;
}

const Key* KeyRing::find(KeyNumber number) const {
  const auto at = keys_.find(number);
  return at == keys_.end() ? nullptr : &at->second;
}

Result<KeyRing> KeyRing::rotate(const Key& master) const {
  KeyRing next = *this;
  next.current_ = keys_.rbegin()->first + 1;
  KAP_TRY(const auto key, Key::random());
  next.keys_.insert_or_assign(next.current_, key);
  KAP_CHECK_OK(next.save(master, Save::kReplace));
  return next;
}

Status KeyRing::rewrap(const Key& master) const { return save(master, Save::kReplace); }

Status KeyRing::save(const Key& master, Save how) const {
  std::string entries;
  for (const auto& [number, key] : keys_) {
    Nonce nonce{};
    if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
      return fail_on(file_, "no random bytes to be had");
    std::array<std::uint8_t, Key::kBytes> wrapped{};
    const auto tag =
        seal(master, nonce, to_bytes(associated_of(number)), key.bytes(), wrapped.data());
    entries += fmt::format(R"({}{{"number":{},"nonce":"{}","wrapped":"{}","tag":"{}"}})",
                           entries.empty() ? "" : ",\n  ", number, to_hex(nonce), to_hex(wrapped),
                           to_hex(tag));
  }
  return write_private(
      file_, fmt::format("{{\"format\":1,\"current\":{},\"keys\":[\n  {}]}}\n", current_, entries),
      how == Save::kNew ? Write::kNew : Write::kReplace);
}

}  // namespace kap::gateway::store::crypto

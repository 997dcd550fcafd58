#include "gateway/command/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace kap::gateway::command {
namespace {

constexpr std::size_t kKeyBytes = 32;

std::unexpected<Outcome> fail_on(const std::filesystem::path& file, std::string_view what) {
  return fail(Category::kInvalidRequest, IssueType::kValue,
              fmt::format("{}: {}", file.string(), what), "state_dir");
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

Result<std::vector<std::uint8_t>> read_key(const std::filesystem::path& file, int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return fail_with_errno(file, "cannot be read");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail_on(file, "others may read this key; its mode must be 0600");
  std::vector<std::uint8_t> key(kKeyBytes + 1);
  const auto size = ::read(descriptor, key.data(), key.size());
  if (size != static_cast<ssize_t>(kKeyBytes))
    return fail_on(file,
                   "must hold 32 bytes; restore it from the backup, because the ids of all "
                   "resources depend on it");
  key.resize(kKeyBytes);
  return key;
}

Result<std::vector<std::uint8_t>> create_key(const std::filesystem::path& file) {
  std::vector<std::uint8_t> key(kKeyBytes);
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    return fail_on(file, "no random numbers to be had");
  // Whole or not at all: a half-written key would be refused at every later start.
  const std::filesystem::path fresh = file.string() + ".new";
  const Descriptor out(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (out.value() < 0 ||
      ::write(out.value(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
      ::fsync(out.value()) != 0 || ::rename(fresh.c_str(), file.c_str()) != 0)
    return fail_with_errno(file, "cannot be written");
  return key;
}

}  // namespace

Result<std::vector<std::uint8_t>> load_or_create_id_key(const std::filesystem::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.value() >= 0) return read_key(file, in.value());
  if (errno != ENOENT) return fail_with_errno(file, "cannot be opened");
  return create_key(file);
}

Result<StateLock> StateLock::acquire(const std::filesystem::path& state_dir) {
  const auto file = state_dir / "lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return fail_with_errno(file, "cannot be opened");
  StateLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return fail(Category::kConflict, IssueType::kLockError,
                fmt::format("{}: another process uses this state directory; stop it first",
                            state_dir.string()),
                "state_dir");
  return lock;
}

StateLock::StateLock(StateLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

StateLock::~StateLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace kap::gateway::command

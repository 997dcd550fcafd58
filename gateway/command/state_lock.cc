#include "gateway/command/state_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace kap::gateway::command {
namespace {

std::unexpected<Outcome> fail_on(const std::filesystem::path& file, std::string_view what) {
  return fail(Category::kInvalidRequest, IssueType::kValue,
              fmt::format("{}: {}", file.string(), what), "state_dir");
}

std::unexpected<Outcome> fail_with_errno(const std::filesystem::path& file, std::string_view what) {
  return fail_on(file, fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

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

// Preloaded into the gateway: counts its commits, so that the baseline makes as many. SQLite syncs
// the -wal file once a commit under synchronous=FULL, and once more a checkpoint, which also syncs
// the database. Writes one `w` or `d` a call to the file that KAP_BENCH_SYNCS names; bench_bare
// subtracts one from the other.

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void note(int file) {
  static const char* const path = std::getenv("KAP_BENCH_SYNCS");
  if (path == nullptr) return;
  static const int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::array<char, PATH_MAX> target{};
  const auto link = "/proc/self/fd/" + std::to_string(file);
  const auto size = readlink(link.c_str(), target.data(), target.size());
  if (size <= 0 || out < 0) return;
  const std::string_view name(target.data(), static_cast<std::size_t>(size));
  if (write(out, name.ends_with("-wal") ? "w" : "d", 1) != 1) std::abort();
}

}  // namespace

extern "C" int fdatasync(int file) {
  note(file);
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

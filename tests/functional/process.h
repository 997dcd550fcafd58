#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kap::functional {

struct Exit {
  int code = -1;   // of a process that ended by itself
  int signal = 0;  // that ended it
};

/// A child process whose output goes to a file. Killed when destroyed.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, std::filesystem::path output,
          const std::map<std::string, std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void kill(int signal) const;
  /// Nothing when it still runs after `within`.
  std::optional<Exit> wait(std::chrono::seconds within = std::chrono::seconds(60));
  [[nodiscard]] bool is_running();
  [[nodiscard]] std::string output() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::filesystem::path output_;
  std::optional<Exit> exit_;
};

struct Finished {
  int code = -1;
  std::string output;
};
/// Runs to its end; code -1 when it does not come to one.
[[nodiscard]] Finished run(const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment = {});

/// A directory of its own, removed when destroyed.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace kap::functional

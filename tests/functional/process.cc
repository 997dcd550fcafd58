#include "tests/functional/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace kap::functional {
namespace {

constexpr std::chrono::milliseconds kPoll{5};

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    // What the developer's own shell sets for a gateway is not this test's.
    if (!variable.starts_with("KAP_")) variables.push_back(variable);
  }
  for (const auto& [name, value] : more) variables.emplace_back(name).append("=").append(value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, std::filesystem::path output,
                 const std::map<std::string, std::string>& environment)
    : output_(std::move(output)) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  auto texts = arguments;
  auto variables = environment_with(environment);
  const int error = posix_spawn(&pid_, texts[0].c_str(), &actions, nullptr, pointers(texts).data(),
                                pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + texts[0]);
}

Process::~Process() {
  if (exit_) return;
  kill(SIGKILL);
  wait();
}

void Process::kill(int signal) const {
  if (!exit_) ::kill(pid_, signal);
}

std::optional<Exit> Process::wait(std::chrono::seconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!exit_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_ = WIFEXITED(status) ? Exit{.code = WEXITSTATUS(status)}
                                : Exit{.code = -1, .signal = WTERMSIG(status)};
    } else if (std::chrono::steady_clock::now() > end) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(kPoll);
    }
  }
  return exit_;
}

bool Process::is_running() { return !wait(std::chrono::seconds(0)); }

std::string Process::output() const { return read_file(output_); }

Finished run(const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment) {
  const Scratch scratch;
  Process process(arguments, scratch.path() / "out", environment);
  const auto exit = process.wait(std::chrono::seconds(120));
  return {.code = exit ? exit->code : -1, .output = process.output()};
}

Scratch::Scratch() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kap-functional-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace kap::functional

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace kap::gateway::observe {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// One log line under construction. Names are literals, so that no value can become a name; values
/// are numbers and text that is known to be free of PHI: never an id, name, path or query of a
/// patient's resource.
class Line {
 public:
  Line(Level level, std::string_view event);

  template <class Integer>
    requires std::is_integral_v<Integer>
  Line& field(std::string_view name, Integer value) {
    if constexpr (std::is_same_v<Integer, bool>)
      return literal(name, value ? "true" : "false");
    else
      return literal(name, std::to_string(value));
  }
  Line& field(std::string_view name, double value) { return literal(name, std::to_string(value)); }
  Line& field(std::string_view name, std::string_view text);
  Line& field(std::string_view name, const char* text) {
    return field(name, std::string_view(text));
  }

  [[nodiscard]] Level level() const { return level_; }
  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  Line& literal(std::string_view name, std::string_view json_value);

  Level level_;
  std::string json_;
};

/// Writes JSON lines: `{"ts":"…Z","level":"info","event":"http.request","status":200}`.
/// Safe from every thread.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  /// To standard error.
  explicit Log(Level least);
  /// To a function, for tests.
  Log(Level least, Sink sink);
  ~Log();

  [[nodiscard]] bool is_on(Level level) const { return level >= least_; }
  void write(const Line& line);

 private:
  struct State;
  Level least_;
  std::unique_ptr<State> state_;
};

}  // namespace kap::gateway::observe

#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>

namespace kap::gateway::clinic_client {

/// How many records came to which end.
struct Tally {
  std::uint64_t accepted = 0;
  std::uint64_t duplicate = 0;  // seen before, here or by the gateway
  std::uint64_t pending = 0;    // kept until the record it names arrives
  std::uint64_t refused = 0;

  [[nodiscard]] std::uint64_t total() const { return accepted + duplicate + pending + refused; }
};

/// Where the output goes decides its form: a bar that redraws itself, or a line at each tenth.
enum class Display : std::uint8_t { kBar, kLines, kNone };

/// Shows how far a submission is, measured in bytes of the source files.
class Progress {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Progress(std::ostream& out, Display display, std::uint64_t total_bytes, TimePoint start)
      : out_(out), display_(display), total_bytes_(total_bytes), start_(start), drawn_(start) {}

  void update(std::uint64_t bytes, const Tally& tally, TimePoint now);
  /// The last state, and the line's end.
  void finish(const Tally& tally, TimePoint now);

 private:
  void draw(double part, const Tally& tally, TimePoint now);

  std::ostream& out_;
  Display display_;
  std::uint64_t total_bytes_;
  TimePoint start_;
  TimePoint drawn_;
  int tenths_ = 0;
};

}  // namespace kap::gateway::clinic_client

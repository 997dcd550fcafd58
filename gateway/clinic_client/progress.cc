#include "gateway/clinic_client/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace kap::gateway::clinic_client {
namespace {

constexpr int kBarWidth = 30;
constexpr std::chrono::milliseconds kRedrawEvery{100};

}  // namespace

void Progress::draw(double part, const Tally& tally, TimePoint now) {
  const double percent = std::floor(part * 100);  // 100 only when all is done
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(tally.total()) / seconds : 0;
  const auto counts =
      fmt::format("{} accepted, {} duplicate, {} pending, {} refused, {:.0f}/s", tally.accepted,
                  tally.duplicate, tally.pending, tally.refused, rate);
  if (display_ == Display::kBar) {
    const auto filled = static_cast<std::size_t>(part * kBarWidth);
    out_ << fmt::format("\r[{}{}] {:3.0f}%  {}\033[K", std::string(filled, '#'),
                        std::string(kBarWidth - filled, '.'), percent, counts);
  } else {
    out_ << fmt::format("{:3.0f}%  {}\n", percent, counts);
  }
  out_ << std::flush;
}

void Progress::update(std::uint64_t bytes, const Tally& tally, TimePoint now) {
  if (display_ == Display::kNone || total_bytes_ == 0) return;
  const double part = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_bytes_));
  const int tenths = static_cast<int>(part * 10);
  const bool is_due =
      display_ == Display::kBar ? now - drawn_ >= kRedrawEvery : tenths > tenths_ && tenths < 10;
  if (!is_due) return;
  drawn_ = now;
  tenths_ = tenths;
  draw(part, tally, now);
}

void Progress::finish(const Tally& tally, TimePoint now) {
  if (display_ == Display::kNone) return;
  draw(1.0, tally, now);
  if (display_ == Display::kBar) out_ << '\n' << std::flush;
}

}  // namespace kap::gateway::clinic_client

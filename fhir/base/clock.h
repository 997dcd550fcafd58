#pragma once

#include <chrono>
#include <string>

namespace kap {

/// Milliseconds of UTC: what FHIR's `instant` needs and what the store keeps.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
};

/// A clock that tests set.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_(start) {}
  [[nodiscard]] Instant now() const override { return now_; }
  void set(Instant instant) { now_ = instant; }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  Instant now_;
};

/// `2026-11-24T08:16:15.123Z`, FHIR R4 `instant`.
[[nodiscard]] std::string to_fhir_instant(Instant instant);
/// `Tue, 24 Nov 2026 08:16:15 GMT`, RFC 9110 section 5.6.7.
[[nodiscard]] std::string to_http_date(Instant instant);

}  // namespace kap

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <string_view>
#include <vector>

namespace kap::gateway::observe {

/// The process's metrics. A module asks once for what it counts and keeps the reference, which
/// lives as long as this. Labels come from closed sets (a route, a status, a record kind), never
/// from a request's text.
class Metrics {
 public:
  using Labels = prometheus::Labels;

  [[nodiscard]] prometheus::Counter& counter(const std::string& name, const std::string& help,
                                             const Labels& labels = {});
  [[nodiscard]] prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                                         const Labels& labels = {});
  /// Bounds in seconds, ascending; default_buckets() where nothing else fits.
  [[nodiscard]] prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                                 const std::vector<double>& bounds,
                                                 const Labels& labels = {});
  /// 100 µs to 10 s.
  [[nodiscard]] static std::vector<double> default_buckets();

  /// The Prometheus text exposition format 0.0.4.
  [[nodiscard]] std::string expose() const;

 private:
  prometheus::Registry registry_;
};

}  // namespace kap::gateway::observe

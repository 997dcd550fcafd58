#pragma once

#include <array>

#include "gateway/observe/metrics.h"
#include "gateway/service/receipt.h"

namespace kap::gateway::transport::grpc {

/// The metric kap_records_total, by verdict. Safe from every thread.
class ReceiptCounters {
 public:
  explicit ReceiptCounters(observe::Metrics& metrics);
  void count(const service::Receipt& receipt) const;

 private:
  std::array<prometheus::Counter*, service::kVerdicts> counters_{};
  prometheus::Counter& resources_;
};

}  // namespace kap::gateway::transport::grpc

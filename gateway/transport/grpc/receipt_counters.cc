#include "gateway/transport/grpc/receipt_counters.h"

#include <cstddef>
#include <string>

namespace kap::gateway::transport::grpc {

ReceiptCounters::ReceiptCounters(observe::Metrics& metrics)
    : resources_(metrics.counter("kap_resources_written_total",
                                 "FHIR resource versions that records yielded")) {
  for (std::size_t i = 0; i < counters_.size(); ++i)
    counters_[i] = &metrics.counter(
        "kap_records_total", "Clinic records by what became of them",
        {{"verdict", std::string(service::to_code(static_cast<service::Verdict>(i)))}});
}

void ReceiptCounters::count(const service::Receipt& receipt) const {
  counters_[static_cast<std::size_t>(receipt.verdict)]->Increment();
  if (receipt.verdict == service::Verdict::kAccepted)
    resources_.Increment(static_cast<double>(receipt.resources.size()));
}

}  // namespace kap::gateway::transport::grpc

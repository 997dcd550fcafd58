#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/receipt.h"
#include "gateway/service/record_mapper.h"
#include "gateway/service/worker_pool.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {

/// What ingest stands on.
struct Intake {
  store::Store& store;
  const RecordMapper& mapper;
  const Clock& clock;
  WorkerPool& pool;
};

/// A record mapped, or the receipt of its refusal.
using MapOutcome = std::variant<MappedRecord, Receipt>;

/// The part of a submission that needs no other record: is it one, may this caller write for its
/// clinic, does it keep the contract, what does it yield. Touches no disk.
[[nodiscard]] MapOutcome map_record(const Intake& intake, const security::Permit& permit,
                                    std::string_view bytes);

/// The receipt of a refusal. `stage` tells a defect of a map from one of the store.
enum class Stage : std::uint8_t { kMapping, kStoring };
[[nodiscard]] Receipt to_refusal(const RecordHeader& record, const Outcome& outcome, Stage stage);

/// The receipt of what the writer did; not for kConflict.
[[nodiscard]] Receipt to_receipt(const RecordHeader& record, const store::WriteOutcome& outcome);

}  // namespace kap::gateway::service

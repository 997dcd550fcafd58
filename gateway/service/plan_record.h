#pragma once

#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/record_mapper.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {

/// What turns a mapped record into a unit of writing.
struct Planner {
  const security::Permit& permit;  // of the clinic that sent the record
  const store::Store& store;
  const RecordMapper& mapper;
  const Clock& clock;
};

/// The records whose present state the plan of `record` depends on: itself, and what it retracts or
/// merges. While a unit that writes one of them is under way, the plan has to wait.
[[nodiscard]] std::vector<store::RecordKey> touched_records(const MappedRecord& record);

/// Computes the unit against the store's present state: the new versions, what the earlier revision
/// yielded and this one does not (entered-in-error), what a retraction or a merge changes. The
/// state it was computed against is in `expected`; where that has changed by the time it is
/// written, the writer says kConflict and the plan is made again. kGone when the record was
/// retracted.
[[nodiscard]] Result<store::WriteUnit> plan_record(const Planner& planner, MappedRecord record,
                                                   std::string bytes);

}  // namespace kap::gateway::service

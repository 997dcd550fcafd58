#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/receipt.h"
#include "gateway/service/submit_record.h"

namespace kap::gateway::service {

/// Whether a refused record is kept to be read and replayed. Not one of a clinic the caller may not
/// write for, not one over the limit, and not one that only has to be sent again.
[[nodiscard]] bool is_kept(Verdict verdict);

/// The dead letter of a refusal; `clinic` stands in where the bytes name none.
[[nodiscard]] store::DeadLetter to_dead_letter(const Receipt& refusal, const ClinicId& clinic,
                                               std::string_view bytes, Instant received);

/// A dead letter with its reasons, or a record that waits (`letter.number` is 0).
struct RefusedRecord {
  store::DeadLetter letter;
  Receipt refusal;
};

/// kForbidden where the permit does not cover the clinic; so the next two.
[[nodiscard]] Result<std::vector<RefusedRecord>> list_dead_letters(const Intake& intake,
                                                                   const security::Permit& permit,
                                                                   const ClinicId& clinic,
                                                                   store::ListPage page);
/// The records of the clinic that wait for others.
[[nodiscard]] Result<std::vector<RefusedRecord>> list_waiting(const Intake& intake,
                                                              const security::Permit& permit,
                                                              const ClinicId& clinic,
                                                              store::ListPage page);

/// Submits dead letters again as they were received, one after the other; an accepted one leaves
/// the list, a refused one is replaced by its new refusal. Empty `numbers` means all of the clinic.
/// `sink` gets a receipt for each, its ordinal the number of the dead letter. Blocks.
[[nodiscard]] Status replay_dead_letters(Intake& intake, const security::Permit& permit,
                                         const ClinicId& clinic,
                                         const std::vector<std::int64_t>& numbers,
                                         const std::function<void(const Receipt&)>& sink);

}  // namespace kap::gateway::service

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/service/record_mapper.h"
#include "gateway/store/record.h"

namespace kap::gateway::service {

/// What became of one record.
enum class Verdict : std::uint8_t {
  kAccepted,
  kDuplicate,         // this revision was taken before; its first receipt again
  kInvalid,           // breaks a rule of the contract; kept as a dead letter
  kMissingRecord,     // names records not yet received; kept, applied by itself
  kForbiddenClinic,   // not the caller's clinic; not kept
  kRevisionConflict,  // this revision was taken with other content
  kStaleRevision,     // a higher revision was taken
  kRetracted,         // the record was retracted
  kTooLarge,
  kUnavailable,  // nothing is wrong with the record; to be sent again later
  kNotMappable,  // what it yields is not valid FHIR; kept as a dead letter
};

inline constexpr std::size_t kVerdicts = static_cast<std::size_t>(Verdict::kNotMappable) + 1;

/// `missing-record`; the inverse takes what it does not know for kInvalid.
[[nodiscard]] std::string_view to_code(Verdict verdict);
[[nodiscard]] Verdict to_verdict(std::string_view code);

[[nodiscard]] constexpr bool is_acceptance(Verdict verdict) {
  return verdict == Verdict::kAccepted || verdict == Verdict::kDuplicate;
}

struct Receipt {
  std::uint64_t ordinal = 0;  // place in the stream, from 1
  RecordHeader record{};
  Verdict verdict = Verdict::kAccepted;
  std::vector<store::WrittenResource> resources{};  // of an acceptance
  std::vector<Issue> violations{};                  // of a refusal: every path that is wrong
  std::vector<store::RequiredRecord> missing{};     // of kMissingRecord
};

}  // namespace kap::gateway::service

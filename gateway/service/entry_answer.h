#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/bundle_request.h"
#include "gateway/service/resources.h"
#include "gateway/service/write_answer.h"

namespace kap::gateway::service {

/// What a write of a batch or transaction shows, http://hl7.org/fhir/R4/http.html#ops.
enum class EntryReturn : std::uint8_t { kMinimal, kRepresentation, kOperationOutcome };

/// One entry of a batch-response or transaction-response.
struct EntryAnswer {
  unsigned status = 200;
  std::string type{};  // of the resource that the answer is about; empty: a Bundle or nothing
  ResourceId id{};
  std::uint64_t version = 0;  // 0: none
  std::optional<Instant> last_updated{};
  enum class Location : std::uint8_t { kNone, kGiven } location = Location::kNone;
  std::string json{};     // the resource; empty: not shown
  std::string outcome{};  // an OperationOutcome; empty: none
};

[[nodiscard]] EntryAnswer to_entry_answer(WriteAnswer answer, EntryReturn shown);
[[nodiscard]] EntryAnswer to_entry_answer(const Outcome& refusal);

/// The Bundle, in the order of the request.
[[nodiscard]] std::string encode_answers(BundleRequest::Type type,
                                         const std::vector<EntryAnswer>& answers,
                                         const Reader& reader);

}  // namespace kap::gateway::service

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/strong.h"
#include "gateway/store/resource.h"

namespace kap::gateway::store {

/// One file of a bulk export: what a scan finds with after < seq <= until. No bytes of it are kept.
struct ExportPart {
  enum class Kind : std::uint8_t { kOutput, kDeleted };  // numbers of the schema: append
  Kind kind = Kind::kOutput;
  std::string type{};
  Sequence after{};
  Sequence until{};
  std::uint64_t count = 0;
  friend bool operator==(const ExportPart&, const ExportPart&) = default;
};

/// A bulk export that was asked for, http://hl7.org/fhir/uv/bulkdata.
struct ExportJob {
  enum class State : std::uint8_t { kRunning, kDone, kFailed };  // numbers of the schema: append

  std::string id{};  // cannot be guessed
  ClientId client{};
  std::string scopes{};      // of the token that asked: what it goes on with after a restart
  std::string request{};     // the URL that asked
  std::string parameters{};  // the service's own
  Sequence as_of{};
  /// Every version up to `as_of` was last updated at this time or before, every other one later.
  Instant transaction_time{};
  State state = State::kRunning;
  Instant expires{};  // once it is done or failed
  std::vector<ExportPart> parts{};
  std::string issues{};   // NDJSON of OperationOutcome
  std::string failure{};  // an OperationOutcome, of kFailed
};

}  // namespace kap::gateway::store

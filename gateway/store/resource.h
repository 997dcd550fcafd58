#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "fhir/base/clock.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/sensitivity.h"

namespace kap::gateway::store {

/// A place in the commit sequence: every stored version has its own, and it only grows. Whoever
/// reads as of one sees the same data however often it is read.
struct Sequence {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(const Sequence&, const Sequence&) = default;
};

/// A place in the commit sequence and a time: every version up to the place was last updated at
/// that time or before, every other one is later.
struct CommitMark {
  Sequence seq{};
  Instant at{};
};

/// FHIR R4 `meta.versionId` of one resource: 1, 2, 3 ...
using Version = std::uint32_t;

/// The clinic record that yielded a resource, within the resource's clinic.
struct RecordName {
  std::string kind{};  // as the service names it, such as `TREATMENT_SESSION`
  RecordId id{};
  friend auto operator<=>(const RecordName&, const RecordName&) = default;
};

/// One version of a resource as it was stored.
struct StoredResource {
  std::string type{};
  ResourceId id{};
  Version version = 0;
  Sequence seq{};
  Instant last_updated{};
  bool deleted = false;  // a tombstone has no body
  ClinicId clinic{};
  std::optional<ResourceId> patient{};  // the compartment that owns it
  security::Sensitivity sensitivity{};
  std::optional<RecordName> source{};
  std::string body{};  // the JSON bytes that are served
};

}  // namespace kap::gateway::store

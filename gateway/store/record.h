#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/strong.h"
#include "gateway/store/resource.h"

namespace kap::gateway::store {

struct RecordKey {
  ClinicId clinic{};
  RecordName name{};
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};

using Revision = std::int64_t;                  // the clinic counts it; 1 and up
using BodyHash = std::array<std::uint8_t, 32>;  // SHA-256 of the serialized record

/// Another record of the same clinic that this one names, and the field that names it.
struct RequiredRecord {
  RecordName name{};
  std::string field_path{};  // such as `session.patient_id`
  friend bool operator==(const RequiredRecord&, const RequiredRecord&) = default;
};

struct WrittenResource {
  std::string type{};
  ResourceId id{};
  Version version = 0;
  friend bool operator==(const WrittenResource&, const WrittenResource&) = default;
};

enum class RevisionStatus : std::uint8_t {
  kApplied,     // its resources are written
  kParked,      // waits for a record that it names
  kSuperseded,  // a later revision was applied while it waited; it never will be
};

/// What became of one revision of a record.
struct RevisionState {
  Revision revision = 0;
  RevisionStatus status = RevisionStatus::kApplied;
  BodyHash body_hash{};
  std::vector<WrittenResource> resources{};  // its receipt, when applied
};

/// A record's latest applied revision: what the next one is computed against.
struct RecordState {
  Revision revision = 0;
  std::vector<WrittenResource> resources{};  // what that revision wrote
  std::string serialized{};                  // that revision's bytes
};

/// A record that waits for others.
struct PendingRecord {
  RecordKey key{};
  std::int64_t number = 0;  // its place in the list
  Revision revision = 0;
  std::string serialized{};
  Instant received{};
  std::vector<RequiredRecord>
      missing{};  // what is still missing; empty: ready to be submitted again
};

/// A refused record, kept to be read and replayed.
struct DeadLetter {
  std::int64_t number = 0;  // the store gives it
  RecordKey key{};          // the name may be empty where the bytes did not parse
  Revision revision = 0;
  std::string serialized{};
  std::string violations{};  // JSON; holds field paths and reasons
  Instant received{};
};

/// A page of a list that goes by number: those after `after`, at most `count`.
struct ListPage {
  std::int64_t after = 0;
  std::size_t count = 100;
};

}  // namespace kap::gateway::store

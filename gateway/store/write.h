#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/record.h"
#include "gateway/store/resource.h"

namespace kap::gateway::store {

/// What must hold of a resource's current version before it is written.
struct AnyState {};
struct MustNotExist {};  // no current version; a deleted one may be brought back
struct MustExist {};
using Precondition = std::variant<AnyState, MustNotExist, MustExist, Version>;

/// One new version of one resource.
struct ResourceWrite {
  enum class Operation : std::uint8_t { kPut, kDelete };

  Operation operation = Operation::kPut;
  std::string type{};
  ResourceId id{};
  Precondition precondition{};
  // What decides who sees it. A deletion leaves these as they were.
  std::optional<ResourceId> patient{};  // the compartment that owns it
  security::Sensitivity sensitivity{};
  std::optional<RecordName> source{};
  /// Without meta.versionId and meta.lastUpdated.
  std::string body{};
  /// Where in `body` the writer puts `"versionId":"1","lastUpdated":"..."`: just after `"meta":{`.
  std::size_t meta_offset = 0;
  std::vector<fhir::search::IndexEntry> index{};
};

/// The body as it is stored and served: with meta.versionId and meta.lastUpdated in their place.
void append_stored_body(std::string_view body, std::size_t meta_offset, Version version,
                        Instant last_updated, std::string& out);

/// What a search found when a unit was computed: one resource, or none. Evaluated again in the
/// writer's transaction, where it sees all that was written before, committed or not.
struct ExpectedMatch {
  fhir::search::Query criteria{};  // what is asked, not how it is answered: no sort, no includes
  std::optional<security::Permit> permit{};  // whose search it is; without one nothing is seen
  std::optional<ResourceId> id{};            // the only match; nothing: there must be none
  /// SearchPage::as_of of that search: only what was written since is looked at where the criteria
  /// allow it. Nothing: everything is searched again.
  std::optional<Sequence> as_of{};
};

/// The current version of a resource that a unit was computed against and does not write.
struct ExpectedVersion {
  std::string type{};
  ResourceId id{};
  std::optional<Version> version{};  // nothing: absent or deleted
};

/// The latest applied revision of a record that a unit was computed against; nothing: none yet.
struct ExpectedRecord {
  RecordKey key{};
  std::optional<Revision> revision{};
};

/// The record whose revision a unit applies.
struct RecordWrite {
  RecordKey key{};
  Revision revision = 0;
  BodyHash body_hash{};
  std::string serialized{};
  std::vector<RequiredRecord> required{};
};

/// One row of the audit trail, written with what it is about.
struct AuditRow {
  Instant recorded{};
  ClinicId clinic{};
  std::string principal{};  // who, as `client/<id>` or `clinic/<id>`
  std::string action{};     // FHIR interaction or operator command
  std::string entity{};     // `Type/id`, a record, or empty
  std::string detail{};     // JSON, for what an AuditEvent needs more
};

/// What is applied together or not at all, in one transaction. Within a unit no resource is written
/// twice.
struct WriteUnit {
  ClinicId clinic{};
  std::optional<RecordWrite> record{};  // nothing: a write of resources only
  /// Checked in the transaction; one that does not hold makes the outcome kConflict. Must name
  /// the unit's own record; a retraction or merge names the records it changes too.
  std::vector<ExpectedRecord> expected{};
  /// As `expected`. All are checked before anything of the unit is written: that two parts of one
  /// unit do not contradict each other is the caller's to see.
  std::vector<ExpectedMatch> expected_matches{};
  std::vector<ExpectedVersion> expected_versions{};
  std::vector<ResourceWrite> resources{};
  std::vector<AuditRow> audit{};
};

enum class WriteStatus : std::uint8_t {
  kWritten,             // on disk
  kReplayed,            // this revision was applied before: its original receipt
  kParked,              // on disk, waits for `missing`
  kRefused,             // see `refusal`; nothing was written
  kConflict,            // what was expected no longer holds: compute again from the present state
  kPreconditionFailed,  // of the resource numbered `failed_resource`
  kTooCostly,           // an expected match takes too long to look for; nothing was written
};

enum class Refusal : std::uint8_t {
  kNone,
  kOtherBody,      // this revision was seen with other bytes
  kLowerRevision,  // a higher revision was seen, this one was not
  kSuperseded,     // it was parked, then a higher one was applied
};

struct RecordRevision {
  RecordKey key{};
  Revision revision = 0;
};

struct WriteOutcome {
  WriteStatus status = WriteStatus::kWritten;
  Refusal refusal = Refusal::kNone;
  Revision latest_revision = 0;  // highest one seen, with kRefused
  std::size_t failed_resource = 0;
  std::optional<Version> current_version{};  // with kPreconditionFailed; nothing: absent or deleted
  Instant last_updated{};                    // with kWritten
  Sequence seq{};                            // of the last version written, with kWritten
  std::vector<WrittenResource> resources{};  // in the order of the unit's; kWritten and kReplayed
  std::vector<RequiredRecord> missing{};     // with kParked
  /// Parked records for which nothing is missing any more because of this write, revisions of one
  /// record in order. Each is to be fetched (`pending_record`) and submitted again.
  std::vector<RecordRevision> released{};
};

}  // namespace kap::gateway::store

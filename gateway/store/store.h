#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/client.h"
#include "gateway/store/export_job.h"
#include "gateway/store/query.h"
#include "gateway/store/record.h"
#include "gateway/store/resource.h"
#include "gateway/store/scan.h"
#include "gateway/store/write.h"

namespace kap::gateway::store {

struct Health {
  bool writable = false;  // false while the disk is full or the store is closing
  bool readable = false;
  std::string reason;  // why not; holds no PHI
  Sequence last;
  std::size_t queued_units = 0;
};

/// Everything the gateway keeps. Every function may be called from any thread.
///
/// Errors in common: kUnavailable/kNoStore when the disk is full (reads go on; it recovers by
/// itself), kUnavailable/kThrottled when the queue or the readers are exhausted,
/// kTimeout/kTimeout when a deadline passed, kInternal/kException otherwise.
class Store {
 public:
  /// Called on the writer's thread once the unit is on disk or refused: hand over, do not work.
  using Completion = std::move_only_function<void(Result<WriteOutcome>)>;

  virtual ~Store() = default;

  // Writing. Units are applied in the order of submission, and each sees those before it; many
  // share one commit. A unit is completed only after the commit that holds it.
  virtual void submit(WriteUnit unit, Completion done) = 0;
  [[nodiscard]] std::future<Result<WriteOutcome>> submit(WriteUnit unit);

  // Reading resources. What the permit does not show is answered as absent (kNotFound); a deleted
  // current version is kGone/kDeleted. A version is seen only where the current one is too.
  [[nodiscard]] virtual Result<StoredResource> read(const security::Permit& permit,
                                                    std::string_view type,
                                                    const ResourceId& id) const = 0;
  [[nodiscard]] virtual Result<StoredResource> vread(const security::Permit& permit,
                                                     std::string_view type, const ResourceId& id,
                                                     Version version) const = 0;
  /// Of one resource: errors as of read(), but a deleted one has a history. Otherwise what is not
  /// seen is not listed. kInvalidRequest/kValue for a cursor that is not this history's.
  [[nodiscard]] virtual Result<HistoryPage> history(const HistoryQuery& query) const = 0;
  /// kInvalidRequest/kValue for a cursor that is not this search's; kNotSupported criteria are
  /// refused, never ignored.
  [[nodiscard]] virtual Result<SearchPage> search(const Query& query) const = 0;

  /// A walk that has done nothing yet. `query` is kept.
  [[nodiscard]] virtual std::unique_ptr<Scan> scan(ScanQuery query) const = 0;
  /// The last place whose version was last updated at `instant` or before.
  [[nodiscard]] virtual Result<Sequence> sequence_at(Instant instant) const = 0;
  /// Deleted versions are changes too; a version is seen only where the current one is.
  [[nodiscard]] virtual Result<ChangePage> changes(const security::Permit& permit,
                                                   const ChangeOptions& options) const = 0;
  /// A place as an opaque text that a caller keeps and gives back, also after a restart.
  [[nodiscard]] virtual std::string encode_place(Sequence place) const = 0;
  /// kInvalidRequest/kValue for what this store did not give, or what lies behind its end.
  [[nodiscard]] virtual Result<Sequence> parse_place(std::string_view text) const = 0;
  /// Called on the writer's thread after each commit, until the handle is gone: hand over, do not
  /// work.
  using Wake = std::function<void(Sequence last)>;
  [[nodiscard]] virtual std::shared_ptr<void> on_commit(Wake wake) = 0;

  /// A place that parts the past from the future by time as well; see ExportJob.
  [[nodiscard]] virtual Result<CommitMark> mark() = 0;

  // Bulk exports.
  /// Gives the job its as_of and transaction_time and keeps it. Nothing: the client has `most_open`
  /// jobs that are not expired.
  [[nodiscard]] virtual Result<std::optional<ExportJob>> put_export_job(ExportJob job, Instant now,
                                                                        std::size_t most_open) = 0;
  /// Keeps state, expires, parts, issues and failure. False: it was removed meanwhile.
  [[nodiscard]] virtual Result<bool> finish_export_job(ExportJob job) = 0;
  [[nodiscard]] virtual Result<std::optional<ExportJob>> export_job(std::string_view id) const = 0;
  /// To be taken up again after a restart.
  [[nodiscard]] virtual Result<std::vector<ExportJob>> running_export_jobs() const = 0;
  /// False: there was none of that id.
  [[nodiscard]] virtual Result<bool> remove_export_job(std::string_view id) = 0;

  // Clinic records; the caller has established that it acts for the clinic.
  [[nodiscard]] virtual Result<std::optional<RecordState>> record(const RecordKey& key) const = 0;
  [[nodiscard]] virtual Result<std::optional<RevisionState>> revision(const RecordKey& key,
                                                                      Revision revision) const = 0;
  [[nodiscard]] virtual Result<std::optional<PendingRecord>> pending_record(
      const RecordKey& key, Revision revision) const = 0;
  /// Parked records for which nothing is missing: to be submitted again after a restart.
  [[nodiscard]] virtual Result<std::vector<RecordRevision>> ready_records(
      std::size_t count) const = 0;
  [[nodiscard]] virtual Result<std::vector<PendingRecord>> pending_records(const ClinicId& clinic,
                                                                           ListPage page) const = 0;

  // Refused records. The number is the store's; put returns it once it is on disk. A revision that
  // was waiting with the same bytes waits no longer.
  [[nodiscard]] virtual Result<std::int64_t> put_dead_letter(DeadLetter letter) = 0;
  [[nodiscard]] virtual Result<std::vector<DeadLetter>> dead_letters(const ClinicId& clinic,
                                                                     ListPage page) const = 0;
  [[nodiscard]] virtual Result<std::optional<DeadLetter>> dead_letter(
      std::int64_t number) const = 0;
  /// False: there was none of that number.
  [[nodiscard]] virtual Result<bool> remove_dead_letter(std::int64_t number) = 0;

  // Registered clients.
  [[nodiscard]] virtual Status put_client(RegisteredClient client) = 0;
  [[nodiscard]] virtual Result<std::optional<RegisteredClient>> client(
      const ClientId& id) const = 0;
  [[nodiscard]] virtual Result<std::vector<RegisteredClient>> clients() const = 0;
  [[nodiscard]] virtual Result<bool> remove_client(const ClientId& id) = 0;

  /// Remembers a client assertion's `jti` until it expires. False: it was used before. Forgets
  /// those that expired before `now`.
  [[nodiscard]] virtual Result<bool> use_assertion(const ClientId& client, std::string_view jti,
                                                   Instant expires, Instant now) = 0;

  [[nodiscard]] virtual Health health() const = 0;
};

}  // namespace kap::gateway::store

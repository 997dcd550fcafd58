// http://hl7.org/fhir/uv/bulkdata/export.html
#include "gateway/service/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "gateway/service/export_manifest.h"
#include "gateway/service/export_plan.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/service/worker_pool.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

using store::ExportJob;
using store::ExportPart;
using store::Scan;

constexpr std::size_t kThreads = 2;  // that count
// A client may ask about a running job so often at once, and once an interval after that.
constexpr std::int64_t kPolls = 10;
constexpr std::chrono::milliseconds kPollInterval{1000};

Outcome no_job() {
  return {Category::kNotFound, IssueType::kNotFound,
          "there is no such export; it may have been cancelled or have expired"};
}

std::string to_scopes(const security::Permit& permit) {
  std::string out;
  for (const auto& scope : permit.scopes())
    out += (out.empty() ? "" : " ") + security::to_text(scope);
  return out;
}

/// A job that is being counted.
struct Running {
  std::atomic<bool> is_cancelled{false};
  std::atomic<std::size_t> counted{0};
  std::atomic<std::size_t> types{0};
};

/// A token bucket of polls.
struct Polls {
  std::int64_t left = kPolls;
  Instant since;
};

}  // namespace

class Exporter::State {
 public:
  State(const Reader& reader, const IdSource& ids, ExportOptions options, PermitOf permit_of)
      : reader_(reader), ids_(ids), options_(options), permit_of_(std::move(permit_of)) {}

  void stop() {
    is_stopping_ = true;
    threads_.drain();
  }

  Status resume() {
    KAP_TRY(auto jobs, store().running_export_jobs());
    for (auto& job : jobs) {
      auto permit = permit_of_(job.client, job.scopes);
      if (permit)
        start(std::move(job), *std::move(permit));
      else
        KAP_CHECK_OK(finish(std::move(job), std::unexpected(std::move(permit).error())));
    }
    return {};
  }

  Result<std::string> kick_off(const security::Permit& permit, const ExportInput& input) {
    const auto now = reader_.clock.now();
    KAP_TRY(auto wish, parse_export_request(input, reader_));
    const store::CommitMark present{.seq = {std::numeric_limits<std::int64_t>::max()}, .at = now};
    KAP_TRY([[maybe_unused]] const auto plan,
            ExportPlan::make(permit, reader_, wish.request, present,
                             ExportPlan::Patients::kLookedUp, wish.issues));
    ExportJob job{.id = ids_.next().text(),
                  .client = ClientId(permit.principal().id),
                  .scopes = to_scopes(permit),
                  .request = input.url,
                  .parameters = encode_export_request(wish.request),
                  .issues = encode_outcome_lines(wish.issues)};
    KAP_TRY(auto kept, store().put_export_job(std::move(job), now, options_.jobs_per_client));
    if (!kept)
      return fail(
          Category::kThrottled, IssueType::kThrottled,
          fmt::format("this client has {} exports that have not expired; delete one (DELETE "
                      "its status URL) or wait",
                      options_.jobs_per_client));
    auto id = kept->id;
    start(*std::move(kept), permit);
    return id;
  }

  Result<ExportJob> find(const security::Permit& permit, std::string_view id) const {
    KAP_TRY(auto job, store().export_job(id));
    const bool is_here =
        job && job->client.text() == permit.principal().id &&
        (job->state == ExportJob::State::kRunning || job->expires > reader_.clock.now());
    if (!is_here) return std::unexpected(no_job());
    return *std::move(job);
  }

  Result<ExportStatus> status(const security::Permit& permit, std::string_view id) {
    KAP_TRY(const auto job, find(permit, id));
    switch (job.state) {
      case ExportJob::State::kDone:
        return ExportDone{.manifest = encode_export_manifest(job, url_of(id)),
                          .expires = job.expires};
      case ExportJob::State::kFailed:
        return ExportFailed{.outcome = job.failure};
      case ExportJob::State::kRunning:
        break;
    }
    KAP_CHECK_OK(admit_poll(id));
    const auto running = find_running(id);
    if (!running) return ExportProgress{.text = "waiting", .retry_after = std::chrono::seconds(1)};
    return ExportProgress{.text = fmt::format("{} of {} resource types counted",
                                              running->counted.load(), running->types.load()),
                          .retry_after = std::chrono::seconds(1)};
  }

  Status cancel(const security::Permit& permit, std::string_view id) {
    KAP_TRY(const auto job, find(permit, id));
    if (const auto running = find_running(id)) running->is_cancelled = true;
    KAP_TRY(const bool was_there, store().remove_export_job(job.id));
    forget(id);
    if (!was_there) return std::unexpected(no_job());
    return {};
  }

  Result<std::unique_ptr<ExportFile>> open(const security::Permit& permit, std::string_view id,
                                           std::string_view name) const {
    KAP_TRY(const auto job, find(permit, id));
    const auto file = find_export_file(job, name);
    if (!file)
      return fail(Category::kNotFound, IssueType::kNotFound, "the export has no such file");
    if (file->kind == ExportFileName::Kind::kIssues) return make_text_file(job.issues);
    const auto& part = file->part;
    KAP_TRY(auto request, decode_export_request(job.parameters));
    const ElementFilter elements(part.type, request.elements);
    request.types = {part.type};
    std::vector<Issue> ignored;
    KAP_TRY(const auto plan, ExportPlan::make(permit, reader_, request, mark_of(job),
                                              ExportPlan::Patients::kBelieved, ignored));
    const bool is_deleted = part.kind == ExportPart::Kind::kDeleted;
    KAP_TRY(auto scan,
            plan.scan(part.type, {.after = part.after,
                                  .until = part.until,
                                  .versions = is_deleted ? Versions::kDeleted : Versions::kLive}));
    return is_deleted ? make_deletion_file(std::move(scan), part.type)
                      : make_resource_file(std::move(scan), elements);
  }

  [[nodiscard]] std::string_view base_url() const { return reader_.base_url; }
  [[nodiscard]] std::string url_of(std::string_view id) const {
    return fmt::format("{}/_export/{}", reader_.base_url, id);
  }

 private:
  using Versions = store::ScanQuery::Versions;
  using Parts = std::vector<ExportPart>;

  [[nodiscard]] store::Store& store() const { return reader_.store; }

  static store::CommitMark mark_of(const ExportJob& job) {
    return {.seq = job.as_of, .at = job.transaction_time};
  }

  std::shared_ptr<Running> find_running(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const auto at = running_.find(id);
    return at == running_.end() ? nullptr : at->second;
  }

  Status admit_poll(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const auto now = reader_.clock.now();
    auto& polls = polls_.try_emplace(std::string(id), Polls{.since = now}).first->second;
    const auto earned = (now - polls.since) / kPollInterval;
    if (earned > 0) polls = {.left = std::min(kPolls, polls.left + earned), .since = now};
    if (polls.left == 0)
      return fail(Category::kThrottled, IssueType::kThrottled,
                  "asked too often; wait as long as Retry-After says between two requests");
    --polls.left;
    return {};
  }

  void forget(std::string_view id) {
    const std::lock_guard lock(mutex_);
    if (const auto at = running_.find(id); at != running_.end()) running_.erase(at);
    if (const auto at = polls_.find(id); at != polls_.end()) polls_.erase(at);
  }

  void start(ExportJob job, security::Permit permit) {
    auto running = std::make_shared<Running>();
    {
      const std::lock_guard lock(mutex_);
      running_[job.id] = running;
    }
    threads_.post([this, job = std::move(job), permit = std::move(permit), running]() mutable {
      const auto id = job.id;
      auto parts = count(job, permit, *running);
      // Of a job that is cancelled nothing is left to keep; one that a stop interrupts goes on
      // after the next start.
      if (!is_stopping_ && !running->is_cancelled) {
        if (!finish(std::move(job), std::move(parts)).has_value()) running->is_cancelled = true;
      }
      forget(id);
    });
  }

  Status finish(ExportJob job, Result<Parts> parts) {
    job.state = parts ? ExportJob::State::kDone : ExportJob::State::kFailed;
    if (parts)
      job.parts = *std::move(parts);
    else
      job.failure = encode_operation_outcome(parts.error());
    job.expires = reader_.clock.now() + options_.lifetime;
    KAP_TRY([[maybe_unused]] const bool is_there, store().finish_export_job(std::move(job)));
    return {};
  }

  Result<Parts> count(const ExportJob& job, const security::Permit& permit, Running& running) {
    KAP_TRY(const auto request, decode_export_request(job.parameters));
    std::vector<Issue> ignored;  // told at the kick-off
    KAP_TRY(const auto plan, ExportPlan::make(permit, reader_, request, mark_of(job),
                                              ExportPlan::Patients::kBelieved, ignored));
    running.types = plan.types().size();
    Parts parts;
    for (const auto& type : plan.types()) {
      KAP_CHECK_OK(count_type(plan, ExportPart::Kind::kOutput, type, running, parts));
      if (request.since)
        KAP_CHECK_OK(count_type(plan, ExportPart::Kind::kDeleted, type, running, parts));
      ++running.counted;
    }
    return parts;
  }

  Status count_type(const ExportPlan& plan, ExportPart::Kind kind, const std::string& type,
                    const Running& running, Parts& parts) {
    const auto versions = kind == ExportPart::Kind::kDeleted ? Versions::kDeleted : Versions::kLive;
    KAP_TRY(const auto scan,
            plan.scan(type, {.after = plan.after(), .until = plan.until(), .versions = versions}));
    ExportPart part{.kind = kind, .type = type, .after = plan.after(), .until = plan.until()};
    const auto visit = [&](const Scan::Row& row) {
      if (++part.count == options_.part_resources) {
        part.until = row.seq;
        parts.push_back(part);
        part.after = row.seq;
        part.count = 0;
      }
      return true;
    };
    for (auto progress = Scan::Progress::kMore; progress == Scan::Progress::kMore;) {
      if (is_stopping_ || running.is_cancelled) return {};
      const auto step = scan->step(Scan::Bodies::kLeft, visit);
      if (step)
        progress = *step;
      else if (step.error().category() != Category::kUnavailable)
        return std::unexpected(step.error());  // busy readers are waited for, within the step
    }
    part.until = plan.until();
    if (part.count > 0) parts.push_back(std::move(part));
    return {};
  }

  const Reader& reader_;
  const IdSource& ids_;
  ExportOptions options_;
  PermitOf permit_of_;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Running>, std::less<>> running_;
  std::map<std::string, Polls, std::less<>> polls_;  // of jobs that are not done
  WorkerPool threads_{kThreads};                     // last: it ends first
};

Exporter::Exporter(const Reader& reader, const IdSource& ids, ExportOptions options,
                   PermitOf permit_of)
    : state_(std::make_unique<State>(reader, ids, options, std::move(permit_of))) {}

Exporter::~Exporter() { state_->stop(); }

Status Exporter::resume() { return state_->resume(); }

Result<std::string> Exporter::kick_off(const security::Permit& permit,
                                       const ExportInput& input) const {
  return state_->kick_off(permit, input);
}

Result<ExportStatus> Exporter::status(const security::Permit& permit, std::string_view job) const {
  return state_->status(permit, job);
}

Status Exporter::cancel(const security::Permit& permit, std::string_view job) const {
  return state_->cancel(permit, job);
}

Result<std::unique_ptr<ExportFile>> Exporter::open(const security::Permit& permit,
                                                   std::string_view job,
                                                   std::string_view file) const {
  return state_->open(permit, job, file);
}

std::string Exporter::status_url(std::string_view job) const { return state_->url_of(job); }

std::string_view Exporter::base_url() const { return state_->base_url(); }

}  // namespace kap::gateway::service

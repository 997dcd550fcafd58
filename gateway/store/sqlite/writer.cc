#include "gateway/store/sqlite/writer.h"

#include <chrono>
#include <future>
#include <span>
#include <utility>

namespace kap::gateway::store::sqlite {
namespace {

/// How often a full disk is tried again when nobody writes.
constexpr std::chrono::milliseconds kProbeInterval{500};

bool is_out_of_space(const Status& status) {
  return !status.has_value() && !status.error().issues().empty() &&
         status.error().issues().front().code == IssueType::kNoStore;
}

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, Dictionary& dictionary,
               const SqliteOptions& options)
    : database_(std::move(database)),
      dictionary_(dictionary),
      options_(options),
      units_(*database_, dictionary, *options.clock) {}

Status Writer::start() {
  KAP_CHECK_OK(units_.load());
  last_ = units_.last();
  thread_ = std::thread([this] { loop(); });
  return {};
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::submit(WriteUnit unit, Store::Completion done) {
  auto status = check_unit(unit);
  if (!status.has_value()) return done(std::unexpected(std::move(status).error()));
  Job job;
  job.size = size_of(unit);
  job.unit = std::move(unit);
  job.done = std::move(done);
  enqueue(std::move(job));
}

Status Writer::run(Task task) {
  std::promise<Status> promise;
  auto future = promise.get_future();
  Job job;
  job.task = std::move(task);
  job.done = [&promise](Result<WriteOutcome> outcome) {
    if (outcome.has_value()) {
      promise.set_value({});
    } else {
      promise.set_value(std::unexpected(std::move(outcome).error()));
    }
  };
  enqueue(std::move(job));
  return future.get();
}

Status Writer::run_marked(MarkedTask task) {
  return run([this, task = std::move(task)](Database& database, Dictionary&) -> Status {
    KAP_TRY(const auto mark, units_.mark());
    return task(database, mark);
  });
}

void Writer::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    const bool full = queue_.size() >= options_.queue_units ||
                      (queued_bytes_ > 0 && queued_bytes_ + job.size > options_.queue_bytes);
    if (!stopping_ && !full) {
      queued_bytes_ += job.size;
      queue_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  job.done(fail(Category::kUnavailable, IssueType::kThrottled,
                "too much waits to be written; try again a little later"));
}

Writer::State Writer::state() const {
  const std::lock_guard lock(mutex_);
  return {.writable = writable_ && !stopping_,
          .reason = stopping_ ? "closing" : reason_,
          .last = last_,
          .queued = queue_.size() + in_commit_};
}

void Writer::loop() {
  for (;;) {
    auto jobs = take();
    if (jobs.empty()) {
      const std::unique_lock lock(mutex_);
      if (stopping_ && queue_.empty()) return;
      continue;
    }
    process(jobs);
    {
      const std::lock_guard lock(mutex_);
      in_commit_ = 0;
    }
    for (auto& job : jobs) job.done(std::move(job.outcome));
    listeners_->tell(units_.last());
  }
}

std::vector<Writer::Job> Writer::take() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !queue_.empty(); };
  if (writable_) {
    wake_.wait(lock, ready);
  } else if (!wake_.wait_for(lock, kProbeInterval, ready)) {
    lock.unlock();
    probe();
    return {};
  }
  std::vector<Job> jobs;
  std::size_t bytes = 0;
  while (!queue_.empty() && jobs.size() < options_.commit_units &&
         (jobs.empty() || bytes + queue_.front().size <= options_.commit_bytes)) {
    bytes += queue_.front().size;
    jobs.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  in_commit_ = jobs.size();
  return jobs;
}

void Writer::process(std::span<Job> jobs) {
  auto status = commit(jobs);
  note(status);
  if (status.has_value()) return;
  if (jobs.size() == 1 || is_out_of_space(status)) {
    for (auto& job : jobs) job.outcome = std::unexpected(status.error());
    return;
  }
  for (auto& job : jobs) process({&job, 1});
}

Status Writer::commit(std::span<Job> jobs) {
  const auto attempt = [&]() -> Status {
    KAP_TRY(auto transaction, Transaction::begin(*database_, Transaction::Kind::kWrite));
    for (auto& job : jobs) KAP_CHECK_OK(apply(job));
    KAP_CHECK_OK(units_.flush());
    return transaction.commit();
  };
  auto status = attempt();
  if (status.has_value()) {
    units_.keep();
  } else {
    units_.forget();
  }
  return status;
}

Status Writer::apply(Job& job) {
  if (!job.unit.has_value()) return job.task(*database_, dictionary_);
  KAP_TRY(job.outcome, units_.apply(*job.unit));
  return {};
}

void Writer::note(const Status& status) {
  const std::lock_guard lock(mutex_);
  last_ = units_.last();
  if (status.has_value()) {
    writable_ = true;
    reason_.clear();
  } else if (is_out_of_space(status)) {
    writable_ = false;
    reason_ = status.error().issues().front().diagnostics;
  }
}

void Writer::probe() {
  Job job;
  job.task = [](Database& database, Dictionary&) {
    // More than a page, so that a success means room.
    return database.prepared("REPLACE INTO setting (name, value) VALUES ('probe', zeroblob(65536))")
        .with()
        .run();
  };
  note(commit({&job, 1}));
}

}  // namespace kap::gateway::store::sqlite

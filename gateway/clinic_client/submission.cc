#include "gateway/clinic_client/submission.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace kap::gateway::clinic_client {
namespace {

constexpr std::size_t kWindow = 256;

bool is_worth_retrying(const ::grpc::Status& status) {
  switch (status.error_code()) {
    case ::grpc::StatusCode::UNAVAILABLE:
    case ::grpc::StatusCode::CANCELLED:
    case ::grpc::StatusCode::ABORTED:
    case ::grpc::StatusCode::DEADLINE_EXCEEDED:
    case ::grpc::StatusCode::INTERNAL:  // what gRPC calls a stream that was cut off
    case ::grpc::StatusCode::UNKNOWN:
      return true;
    default:
      return false;
  }
}

Category to_category(const ::grpc::Status& status) {
  switch (status.error_code()) {
    case ::grpc::StatusCode::UNAUTHENTICATED:
      return Category::kUnauthenticated;
    case ::grpc::StatusCode::PERMISSION_DENIED:
      return Category::kForbidden;
    default:
      return Category::kUnavailable;
  }
}

}  // namespace

Submission::Submission(std::shared_ptr<::grpc::Channel> channel, RecordSource& source,
                       Journal& journal, RetryPolicy policy, Report report)
    : stub_(clinic::v1::ClinicRecords::NewStub(channel)),
      source_(source),
      journal_(journal),
      policy_(policy),
      report_(std::move(report)) {}

Status Submission::run() {
  auto wait = policy_.first_wait;
  int failures = 0;
  while (true) {
    const auto before = receipts_;
    const auto status = attempt();
    KAP_CHECK_OK(journal_status_);
    // The stream is over: what has no receipt goes first into the next one.
    std::move(sent_.rbegin(), sent_.rend(), std::front_inserter(unsent_));
    sent_.clear();
    std::ranges::move(later_, std::back_inserter(unsent_));
    later_.clear();
    if (status.ok() && unsent_.empty() && is_source_read_) {
      if (waiting_.empty()) return {};
      unsent_.swap(waiting_);
      continue;
    }
    if (!status.ok() && !is_worth_retrying(status))
      return fail(to_category(status), IssueType::kProcessing, status.error_message());
    if (receipts_ != before) {
      failures = 0;
      wait = policy_.first_wait;
    }
    if (++failures >= policy_.attempts)
      return fail(Category::kUnavailable, IssueType::kTransient,
                  fmt::format("given up after {} attempts: {}", failures,
                              status.ok() ? "the gateway cannot store records now"
                                          : status.error_message()));
    std::this_thread::sleep_for(wait);
    wait = std::min(wait * 2, policy_.longest_wait);
  }
}

::grpc::Status Submission::attempt() {
  ::grpc::ClientContext context;
  is_broken_ = false;
  const auto stream = stub_->Submit(&context);
  std::thread reader([this, &stream] { read_all(*stream); });
  write_all(*stream);
  stream->WritesDone();
  reader.join();
  return stream->Finish();
}

void Submission::refuse(RefusedRecord refused) {
  const std::scoped_lock lock(mutex_);
  ++tally_.refused;
  refused_.push_back(std::move(refused));
}

bool Submission::take_next(Sent& next) {
  // Only the writing side touches unsent_ while a stream is open.
  if (!unsent_.empty()) {
    next = std::move(unsent_.front());
    unsent_.pop_front();
    return true;
  }
  while (auto item = source_.next()) {
    if (auto* refused = std::get_if<RefusedRecord>(&*item)) {
      refuse(std::move(*refused));
      continue;
    }
    auto& record = std::get<SourceRecord>(*item);
    const std::scoped_lock lock(mutex_);
    bytes_read_ = source_.bytes_read();
    if (journal_.has(record.digest)) {
      ++tally_.duplicate;
      continue;
    }
    next = {.source = std::move(record)};
    return true;
  }
  is_source_read_ = true;
  return false;
}

void Submission::write_all(Stream& stream) {
  Sent next;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_broken_ || sent_.size() < kWindow; });
      if (is_broken_) return;
    }
    if (!take_next(next)) return;
    const clinic::v1::Record* record = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      sent_.push_back(std::move(next));
      record = &sent_.back().source.record;
    }
    // The receipt cannot come before the record is written, so it is still there.
    if (!stream.Write(*record)) return;
  }
}

void Submission::read_all(Stream& stream) {
  clinic::v1::Receipt receipt;
  while (stream.Read(&receipt)) {
    std::unique_lock lock(mutex_);
    if (sent_.empty()) break;  // more receipts than records: not a gateway
    auto sent = std::move(sent_.front());
    sent_.pop_front();
    ++receipts_;
    settle(std::move(sent), receipt);
    report_(bytes_read_, tally_);
    lock.unlock();
    changed_.notify_all();
  }
  const std::scoped_lock lock(mutex_);
  is_broken_ = true;
  changed_.notify_all();
}

void Submission::settle(Sent sent, const clinic::v1::Receipt& receipt) {
  ++sent.tries;
  if (receipt.has_accepted()) {
    ++(receipt.accepted().duplicate() && sent.tries == 1 ? tally_.duplicate : tally_.accepted);
    if (auto status = journal_.add(sent.source.digest); !status) journal_status_ = status;
    return;
  }
  const auto& refusal = receipt.refused();
  const bool is_unavailable = refusal.category() == clinic::v1::REFUSAL_CATEGORY_UNAVAILABLE &&
                              sent.tries < policy_.attempts;
  if (is_unavailable || (refusal.kept_pending() && sent.tries == 1)) {
    (is_unavailable ? later_ : waiting_).push_back(std::move(sent));
    return;
  }
  ++(refusal.kept_pending() ? tally_.pending : tally_.refused);
  RefusedRecord refused{
      .where = std::move(sent.source.where), .kind = std::move(sent.source.kind), .violations = {}};
  for (const auto& violation : refusal.violations()) {
    auto reason = violation.reason();
    if (!violation.expected().empty()) reason += "; " + violation.expected();
    refused.violations.push_back({violation.field_path(), std::move(reason)});
  }
  refused_.push_back(std::move(refused));
}

}  // namespace kap::gateway::clinic_client

// http://hl7.org/fhir/R4/http.html#transaction
#include "gateway/service/transaction.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

#include "gateway/service/bundle_read.h"
#include "gateway/service/bundle_write.h"
#include "gateway/service/transaction_plan.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

/// Each plans everything anew, so that far fewer are worth it than for a single resource.
constexpr int kAttempts = 16;
/// As in commit() of plan_write.h.
constexpr int kNameAttempts = 3;

/// What is wrong with entries by themselves: the first one's refusal.
Status check_entries(const BundleRequest& request, const OperationsOfBundle& operations) {
  std::map<std::string_view, std::size_t> urls;
  for (const auto& entry : request.entries) {
    if (entry.refusal) return std::unexpected(*entry.refusal);
    if (!entry.operation.empty()) {
      KAP_TRY(const auto* operation, operation_of(entry, operations));
      if (operation->effect == Effect::kAffectsState)
        return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                    "an operation that changes something cannot be part of a transaction; call it "
                    "by itself",
                    path_of(entry) + ".request.url");
    }
    if (entry.full_url.empty() || entry.resource == nullptr) continue;
    const auto [other, is_new] = urls.emplace(entry.full_url, entry.index);
    if (!is_new)
      return fail(Category::kInvalidRequest, IssueType::kDuplicate,
                  fmt::format("this entry and Bundle.entry[{}] have the same fullUrl (bdl-7)",
                              other->second),
                  path_of(entry) + ".fullUrl");
  }
  return {};
}

class Transaction {
 public:
  Transaction(const security::Permit& permit, const Writer& writer, BundleRequest& request,
              const BundleOptions& options)
      : permit_(permit),
        writer_(writer),
        request_(request),
        options_(options),
        ordered_(in_processing_order(request)),
        plan_(permit, writer, request),
        answers_(request.entries.size()) {}

  Result<std::vector<EntryAnswer>> run();

 private:
  /// True: written. False: the state has changed meanwhile.
  [[nodiscard]] Result<bool> attempt();
  [[nodiscard]] Status rehearse_reads();
  [[nodiscard]] Result<bool> retry_or_refuse(const store::WriteOutcome& outcome);
  void answer_writes(const store::WriteOutcome& outcome);
  [[nodiscard]] Status answer_reads(bool is_written);
  [[nodiscard]] Result<EntryAnswer> read(const BundleEntry& entry) const;
  [[nodiscard]] bool sees_writes(const BundleEntry& entry) const;

  const security::Permit& permit_;
  const Writer& writer_;
  BundleRequest& request_;
  const BundleOptions& options_;
  std::vector<BundleEntry*> ordered_;
  TransactionPlan plan_;
  std::vector<EntryAnswer> answers_;
  int taken_ = 0;
};

Result<EntryAnswer> Transaction::read(const BundleEntry& entry) const {
  return answer_read(permit_, writer_.reader, entry,
                     {.deadline = std::chrono::steady_clock::now() + options_.search_deadline,
                      .operations = options_.operations});
}

/// Whether the entry reads a resource that the transaction itself writes.
bool Transaction::sees_writes(const BundleEntry& entry) const {
  return entry.id && entry.member.empty() && plan_.writes(entry.type + "/" + entry.id->text());
}

/// A read that fails must fail the whole, and once all is written it is too late: what does not
/// depend on the writes is tried before.
Status Transaction::rehearse_reads() {
  for (const auto* entry : ordered_) {
    if (!is_read(*entry) || sees_writes(*entry)) continue;
    auto answer = read(*entry);
    if (!answer) return std::unexpected(std::move(answer).error());
  }
  return {};
}

void Transaction::answer_writes(const store::WriteOutcome& outcome) {
  for (auto& write : plan_.writes()) {
    const auto& entry = *write.entry;
    WriteAnswer answer;
    if (write.same != nullptr) {
      // The first of its kind stands before it and is answered.
      auto found = answers_[write.same->entry->index];
      found.status = 200;
      answers_[entry.index] = std::move(found);
      continue;
    }
    answer = write.place ? complete(std::move(write.planned), outcome.resources[*write.place],
                                    outcome.last_updated)
                         : std::move(write.planned.answer);
    hide_unreadable(permit_, entry, answer);
    answers_[entry.index] = to_entry_answer(std::move(answer), options_.shown);
  }
}

Status Transaction::answer_reads(bool is_written) {
  for (const auto* entry : ordered_) {
    if (!is_read(*entry)) continue;
    auto answer = read(*entry);
    if (!answer && !is_written) return std::unexpected(std::move(answer).error());
    answers_[entry->index] = answer ? std::move(*answer) : to_entry_answer(answer.error());
  }
  return {};
}

Result<bool> Transaction::retry_or_refuse(const store::WriteOutcome& outcome) {
  using store::WriteStatus;
  if (outcome.status == WriteStatus::kTooCostly)
    return fail(Category::kUnprocessable, IssueType::kTooCostly,
                "the criteria of conditional entries or references take too long to be looked for "
                "while writing; give narrower ones, such as an identifier");
  if (outcome.status != WriteStatus::kPreconditionFailed) return false;
  for (const auto& write : plan_.writes()) {
    if (write.place != outcome.failed_resource || !write.planned.is_name_given) continue;
    if (++taken_ == kNameAttempts)
      return std::unexpected(at_entry(*write.entry, EntryPart::kRequest, not_there()));
  }
  return false;
}

Result<bool> Transaction::attempt() {
  KAP_CHECK_OK(plan_.make(ordered_));
  auto unit = plan_.take_unit();
  if (unit.resources.empty()) {
    answer_writes({});
    KAP_CHECK_OK(answer_reads(false));
    return true;
  }
  KAP_CHECK_OK(rehearse_reads());
  KAP_TRY(const auto outcome, writer_.reader.store.submit(std::move(unit)).get());
  if (outcome.status != store::WriteStatus::kWritten) return retry_or_refuse(outcome);
  answer_writes(outcome);
  KAP_CHECK_OK(answer_reads(true));
  return true;
}

Result<std::vector<EntryAnswer>> Transaction::run() {
  KAP_CHECK_OK(check_entries(request_, options_.operations));
  for (int i = 0; i < kAttempts; ++i) {
    KAP_TRY(const bool is_done, attempt());
    if (is_done) return std::move(answers_);
  }
  return fail(Category::kConflict, IssueType::kTransient,
              "others kept changing the same resources meanwhile; send the transaction again",
              "Bundle");
}

}  // namespace

Result<std::vector<EntryAnswer>> transaction(const security::Permit& permit, const Writer& writer,
                                             BundleRequest& request, const BundleOptions& options) {
  return Transaction(permit, writer, request, options).run();
}

}  // namespace kap::gateway::service

// http://hl7.org/fhir/R4/http.html#transaction
#include "gateway/service/batch.h"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "gateway/service/bundle_read.h"
#include "gateway/service/bundle_write.h"
#include "gateway/service/transaction.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

/// Writes that share commits before the first of them is waited for.
constexpr std::size_t kWritesUnderWay = 128;

class Batch {
 public:
  Batch(const security::Permit& permit, const Writer& writer, const BundleOptions& options,
        std::size_t entries)
      : permit_(permit), writer_(writer), options_(options), answers_(entries) {}

  void add(BundleEntry& entry);
  std::vector<EntryAnswer> finish() && {
    settle();
    return std::move(answers_);
  }

 private:
  struct UnderWay {
    const BundleEntry* entry = nullptr;
    PlannedWrite planned{};
    std::future<Result<store::WriteOutcome>> outcome{};
  };

  void read(const BundleEntry& entry);
  void write(const BundleEntry& entry);
  [[nodiscard]] Result<PlannedWrite> plan(const BundleEntry& entry) const;
  /// Waits for what is under way.
  void settle();
  [[nodiscard]] Result<WriteAnswer> wait(UnderWay& one) const;
  void answer(const BundleEntry& entry, Result<WriteAnswer> answer);

  const security::Permit& permit_;
  const Writer& writer_;
  const BundleOptions& options_;
  std::vector<EntryAnswer> answers_;
  std::vector<UnderWay> under_way_;
};

void Batch::add(BundleEntry& entry) {
  if (entry.refusal) {
    answers_[entry.index] = to_entry_answer(*entry.refusal);
  } else if (is_read(entry)) {
    read(entry);
  } else {
    write(entry);
  }
}

void Batch::read(const BundleEntry& entry) {
  settle();  // the reads come last and see what was written
  auto answer =
      answer_read(permit_, writer_.reader, entry,
                  {.deadline = std::chrono::steady_clock::now() + options_.search_deadline,
                   .operations = options_.operations});
  answers_[entry.index] = answer ? std::move(*answer) : to_entry_answer(answer.error());
}

Result<PlannedWrite> Batch::plan(const BundleEntry& entry) const {
  KAP_TRY(const auto target, locate_entry(permit_, writer_, entry));
  return plan_entry(permit_, writer_, entry, target);
}

void Batch::write(const BundleEntry& entry) {
  auto planned = plan(entry);
  if (!planned && !under_way_.empty()) {
    // What it needs may be under way.
    settle();
    planned = plan(entry);
  }
  if (!planned) return answer(entry, std::unexpected(std::move(planned).error()));
  if (!planned->write) return answer(entry, std::move(planned->answer));
  store::WriteUnit unit;
  move_into(unit, *planned);
  under_way_.push_back({.entry = &entry,
                        .planned = std::move(*planned),
                        .outcome = writer_.reader.store.submit(std::move(unit))});
  if (under_way_.size() == kWritesUnderWay) settle();
}

Result<WriteAnswer> Batch::wait(UnderWay& one) const {
  KAP_TRY(const auto outcome, one.outcome.get());
  if (outcome.status == store::WriteStatus::kWritten)
    return complete(std::move(one.planned), outcome.resources.front(), outcome.last_updated);
  // Planned against a state that an earlier entry, or someone else, has changed.
  return commit(writer_, [&] { return plan(*one.entry); });
}

void Batch::settle() {
  for (auto& one : under_way_) answer(*one.entry, wait(one));
  under_way_.clear();
}

void Batch::answer(const BundleEntry& entry, Result<WriteAnswer> answer) {
  if (!answer) {
    answers_[entry.index] = to_entry_answer(at_entry(entry, EntryPart::kRequest, answer.error()));
    return;
  }
  hide_unreadable(permit_, entry, *answer);
  answers_[entry.index] = to_entry_answer(std::move(*answer), options_.shown);
}

}  // namespace

std::vector<EntryAnswer> batch(const security::Permit& permit, const Writer& writer,
                               BundleRequest& request, const BundleOptions& options) {
  Batch batch(permit, writer, options, request.entries.size());
  for (auto* entry : in_processing_order(request)) batch.add(*entry);
  return std::move(batch).finish();
}

Result<std::string> answer_bundle(const security::Permit& permit, const Writer& writer,
                                  std::string_view text, const BundleOptions& options) {
  KAP_TRY(auto request, parse_bundle(text, writer.reader.base_url));
  std::vector<EntryAnswer> answers;
  if (request.type == BundleRequest::Type::kBatch) {
    answers = batch(permit, writer, request, options);
  } else {
    KAP_TRY(answers, transaction(permit, writer, request, options));
  }
  return encode_answers(request.type, answers, writer.reader);
}

}  // namespace kap::gateway::service

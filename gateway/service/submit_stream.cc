#include "gateway/service/submit_stream.h"

#include <algorithm>
#include <utility>

#include "gateway/service/dead_letters.h"
#include "gateway/service/plan_record.h"
#include "gateway/service/released_records.h"

namespace kap::gateway::service {
namespace {

/// How often a plan is made again because another stream changed the same record meanwhile.
constexpr int kAttempts = 8;

}  // namespace

std::shared_ptr<SubmitStream> SubmitStream::open(Intake& intake, security::Permit permit,
                                                 Sink sink) {
  return std::shared_ptr<SubmitStream>(
      new SubmitStream(intake, std::move(permit), std::move(sink)));
}

SubmitStream::SubmitStream(Intake& intake, security::Permit permit, Sink sink)
    : intake_(intake), permit_(std::move(permit)), sink_(std::move(sink)) {}

SubmitStream::Slot& SubmitStream::append(std::string bytes) {
  const Lock lock(mutex_);
  auto& slot = slots_.emplace_back();
  slot.bytes = std::move(bytes);
  slot.receipt.ordinal = ++count_;
  return slot;
}

void SubmitStream::submit(std::string bytes) {
  auto& slot = append(std::move(bytes));
  intake_.pool.post([self = shared_from_this(), &slot] { self->map(slot); });
}

void SubmitStream::refuse(const Outcome& outcome) {
  auto& slot = append({});
  auto receipt = to_refusal({}, outcome, Stage::kMapping);
  intake_.pool.post([self = shared_from_this(), &slot, receipt = std::move(receipt)]() mutable {
    self->finish(slot, std::move(receipt));
  });
}

void SubmitStream::abandon() {
  const Lock lock(mutex_);
  is_abandoned_ = true;
}

void SubmitStream::map(Slot& slot) {
  auto outcome = map_record(intake_, permit_, slot.bytes);
  if (auto* refusal = std::get_if<Receipt>(&outcome)) {
    keep(slot, *refusal);
    finish(slot, std::move(*refusal));
    return;
  }
  auto& record = std::get<MappedRecord>(outcome);
  Lock lock(mutex_);
  slot.header = record.header;
  slot.touched = touched_records(record);
  slot.record = std::move(record);
  slot.state = State::kMapped;
  advance(lock);
  emit(lock);
}

/// A refusal counts only once it is on disk; a record that could not be kept is to be sent again.
void SubmitStream::keep(const Slot& slot, Receipt& receipt) {
  if (!is_kept(receipt.verdict)) return;
  const auto& clinics = permit_.predicates().clinics;
  const auto number = intake_.store.put_dead_letter(to_dead_letter(
      receipt, clinics.empty() ? ClinicId{} : clinics.front(), slot.bytes, intake_.clock.now()));
  if (!number) receipt = to_refusal(receipt.record, number.error(), Stage::kStoring);
}

bool SubmitStream::is_blocked(const Slot& slot) const {
  return std::ranges::any_of(slot.touched, [this](const store::RecordKey& key) {
    return std::ranges::find(under_way_, key) != under_way_.end();
  });
}

void SubmitStream::advance(Lock& lock) {
  if (is_advancing_) return;
  is_advancing_ = true;
  while (next_ < slots_.size() && !is_abandoned_) {
    auto& slot = slots_[next_];
    if (slot.state == State::kMapping) break;
    if (slot.state == State::kMapped) {
      if (is_blocked(slot)) break;
      slot.state = State::kUnderWay;
      under_way_.insert(under_way_.end(), slot.touched.begin(), slot.touched.end());
      ++next_;
      lock.unlock();
      write(slot);
      lock.lock();
    } else {
      ++next_;
    }
  }
  is_advancing_ = false;
}

void SubmitStream::write(Slot& slot) {
  const Planner planner{
      .permit = permit_, .store = intake_.store, .mapper = intake_.mapper, .clock = intake_.clock};
  auto unit = plan_record(planner, std::move(*slot.record), slot.bytes);
  slot.record.reset();
  if (!unit) {
    // The pool, because finish() leads back to advance(), which is running.
    auto receipt = to_refusal(slot.header, unit.error(), Stage::kStoring);
    intake_.pool.post([self = shared_from_this(), &slot, receipt = std::move(receipt)]() mutable {
      self->keep(slot, receipt);
      self->finish(slot, std::move(receipt));
    });
    return;
  }
  intake_.store.submit(std::move(*unit),
                       [self = shared_from_this(), &slot](Result<store::WriteOutcome> outcome) {
                         auto& pool = self->intake_.pool;
                         pool.post([self, &slot, outcome = std::move(outcome)]() mutable {
                           self->on_written(slot, std::move(outcome));
                         });
                       });
}

void SubmitStream::on_written(Slot& slot, Result<store::WriteOutcome> outcome) {
  if (!outcome) {
    finish(slot, to_refusal(slot.header, outcome.error(), Stage::kStoring));
    return;
  }
  if (outcome->status == store::WriteStatus::kConflict && ++slot.attempts < kAttempts) {
    auto record = intake_.mapper.map(slot.bytes);
    if (!record) {
      finish(slot, to_refusal(slot.header, record.error(), Stage::kMapping));
      return;
    }
    slot.record = std::move(*record);
    write(slot);
    return;
  }
  if (!outcome->released.empty()) apply_released(intake_, permit_, std::move(outcome->released));
  auto receipt = to_receipt(slot.header, *outcome);
  keep(slot, receipt);
  finish(slot, std::move(receipt));
}

void SubmitStream::finish(Slot& slot, Receipt receipt) {
  Lock lock(mutex_);
  receipt.ordinal = slot.receipt.ordinal;
  slot.receipt = std::move(receipt);
  if (slot.state == State::kUnderWay) {
    for (const auto& key : slot.touched) {
      const auto found = std::ranges::find(under_way_, key);
      if (found != under_way_.end()) under_way_.erase(found);
    }
  }
  slot.state = State::kDone;
  advance(lock);
  emit(lock);
}

void SubmitStream::emit(Lock& lock) {
  if (is_emitting_) return;
  is_emitting_ = true;
  while (!slots_.empty() && slots_.front().state == State::kDone) {
    if (next_ == 0) break;  // advance() has not passed it yet, and emits when it has
    auto receipt = std::move(slots_.front().receipt);
    slots_.pop_front();
    --next_;
    if (is_abandoned_) continue;
    lock.unlock();
    sink_(std::move(receipt));
    lock.lock();
  }
  is_emitting_ = false;
}

}  // namespace kap::gateway::service

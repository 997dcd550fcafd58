#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/security/permit/permit.h"
#include "gateway/service/receipt.h"
#include "gateway/service/submit_record.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {

/// The records of one caller in their order. Mapping runs on the pool in any order; units reach the
/// writer in the order of the stream, so that a record may name one that came before it; receipts
/// leave in that order too. Two units that touch the same record are never under way at once.
///
/// Nothing here blocks the caller. Who feeds a stream keeps it bounded by what is under way.
class SubmitStream : public std::enable_shared_from_this<SubmitStream> {
 public:
  /// Called from any thread, one receipt at a time, in the order of the stream.
  using Sink = std::move_only_function<void(Receipt)>;

  [[nodiscard]] static std::shared_ptr<SubmitStream> open(Intake& intake, security::Permit permit,
                                                          Sink sink);

  void submit(std::string bytes);
  /// Takes the place of a record that the transport could not even hand over.
  void refuse(const Outcome& outcome);
  /// No more receipts; what has not reached the writer is dropped.
  void abandon();

 private:
  enum class State : std::uint8_t { kMapping, kMapped, kUnderWay, kDone };
  struct Slot {
    std::string bytes;
    RecordHeader header;
    std::optional<MappedRecord> record;
    std::vector<store::RecordKey> touched;
    Receipt receipt;
    State state = State::kMapping;
    int attempts = 0;
  };
  using Lock = std::unique_lock<std::mutex>;

  SubmitStream(Intake& intake, security::Permit permit, Sink sink);

  Slot& append(std::string bytes);
  void map(Slot& slot);
  void keep(const Slot& slot, Receipt& receipt);
  /// Plans the slot against the present state and hands it to the writer.
  void write(Slot& slot);
  void on_written(Slot& slot, Result<store::WriteOutcome> outcome);
  void finish(Slot& slot, Receipt receipt);
  void advance(Lock& lock);
  void emit(Lock& lock);
  [[nodiscard]] bool is_blocked(const Slot& slot) const;

  Intake& intake_;
  const security::Permit permit_;
  Sink sink_;

  std::mutex mutex_;
  std::deque<Slot> slots_;  // references stay valid: only the front is ever taken out
  std::size_t next_ = 0;    // index of the first slot that was not handed to the writer
  std::uint64_t count_ = 0;
  std::vector<store::RecordKey> under_way_;
  bool is_advancing_ = false;
  bool is_emitting_ = false;
  bool is_abandoned_ = false;
};

}  // namespace kap::gateway::service

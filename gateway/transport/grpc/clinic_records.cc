#include "gateway/transport/grpc/clinic_records.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/service/dead_letters.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/list_reactor.h"
#include "gateway/transport/grpc/receipts.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::size_t kPage = 50;

using DeadLetters = std::vector<clinic::v1::DeadLetter>;

Result<std::int64_t> parse_number(std::string_view text, std::string_view field) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    return fail(Category::kInvalidRequest, IssueType::kValue, "not an id that ListDeadLetters gave",
                std::string(field));
  return number;
}

/// Dead letters by number, then the records that wait; a page a call.
class DeadLetterPages {
 public:
  DeadLetterPages(const service::Intake& intake, security::Permit permit, ClinicId clinic,
                  std::int64_t after, std::size_t limit)
      : intake_(intake),
        permit_(std::move(permit)),
        clinic_(std::move(clinic)),
        after_(after),
        left_(limit) {}

  Result<DeadLetters> next() {
    if (left_ == 0 || is_last_) return DeadLetters{};
    const store::ListPage page{.after = after_, .count = std::min(kPage, left_)};
    KAP_TRY(auto refused, service::list_dead_letters(intake_, permit_, clinic_, page));
    if (refused.empty()) {
      is_last_ = true;
      KAP_TRY(auto waiting,
              service::list_waiting(intake_, permit_, clinic_, {.after = 0, .count = left_}));
      refused = std::move(waiting);
    } else {
      after_ = refused.back().letter.number;
    }
    left_ -= std::min(left_, refused.size());
    DeadLetters messages;
    for (const auto& record : refused) messages.push_back(to_message(record));
    return messages;
  }

 private:
  const service::Intake& intake_;
  security::Permit permit_;
  ClinicId clinic_;
  std::int64_t after_;
  std::size_t left_;
  bool is_last_ = false;
};

constexpr std::size_t kUnlimited = 100'000;

class Refusal final : public ::grpc::ServerBidiReactor<::grpc::ByteBuffer, ::grpc::ByteBuffer> {
 public:
  explicit Refusal(const ::grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

::grpc::ServerBidiReactor<::grpc::ByteBuffer, ::grpc::ByteBuffer>* ClinicRecords::Submit(
    ::grpc::CallbackServerContext* context) {
  auto permit = authorize_clinic(authorizer_, *context);
  if (!permit) return new Refusal(to_status(permit.error(), *context));
  const std::scoped_lock lock(mutex_);
  if (is_draining_)
    return new Refusal({::grpc::StatusCode::UNAVAILABLE, "the gateway is shutting down"});
  auto reactor = SubmitReactor::start(intake_, std::move(*permit), counters_);
  std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
  streams_.push_back(reactor);
  return reactor.get();
}

::grpc::ServerWriteReactor<clinic::v1::DeadLetter>* ClinicRecords::ListDeadLetters(
    ::grpc::CallbackServerContext* context, const clinic::v1::ListDeadLettersRequest* request) {
  auto permit = authorize_clinic(authorizer_, *context);
  if (!permit) return refuse_list<clinic::v1::DeadLetter>(*context, permit.error());
  std::int64_t after = 0;
  if (!request->after_id().empty()) {
    const auto number = parse_number(request->after_id(), "after_id");
    if (!number) return refuse_list<clinic::v1::DeadLetter>(*context, number.error());
    after = *number;
  }
  const auto limit = request->limit() > 0 ? static_cast<std::size_t>(request->limit()) : kUnlimited;
  auto pages = std::make_shared<DeadLetterPages>(intake_, std::move(*permit),
                                                 ClinicId(request->clinic_id()), after, limit);
  return new ListReactor<clinic::v1::DeadLetter>(*context, calls_,
                                                 [pages] { return pages->next(); });
}

::grpc::ServerWriteReactor<clinic::v1::Receipt>* ClinicRecords::Replay(
    ::grpc::CallbackServerContext* context, const clinic::v1::ReplayRequest* request) {
  auto permit = authorize_clinic(authorizer_, *context);
  if (!permit) return refuse_list<clinic::v1::Receipt>(*context, permit.error());
  std::vector<std::int64_t> numbers;
  for (const auto& id : request->dead_letter_ids()) {
    const auto number = parse_number(id, "dead_letter_ids");
    if (!number) return refuse_list<clinic::v1::Receipt>(*context, number.error());
    numbers.push_back(*number);
  }
  const ClinicId clinic(request->clinic_id());
  auto replay = [this, permit = std::move(*permit), clinic, numbers = std::move(numbers),
                 is_done = false]() mutable -> Result<std::vector<clinic::v1::Receipt>> {
    std::vector<clinic::v1::Receipt> receipts;
    if (std::exchange(is_done, true)) return receipts;
    KAP_CHECK_OK(service::replay_dead_letters(
        intake_, permit, clinic, numbers,
        [&receipts](const service::Receipt& receipt) { receipts.push_back(to_message(receipt)); }));
    return receipts;
  };
  return new ListReactor<clinic::v1::Receipt>(*context, calls_, std::move(replay));
}

void ClinicRecords::drain() {
  std::vector<std::weak_ptr<SubmitReactor>> streams;
  {
    const std::scoped_lock lock(mutex_);
    is_draining_ = true;
    streams.swap(streams_);
  }
  for (const auto& weak : streams)
    if (const auto stream = weak.lock()) stream->drain();
}

}  // namespace kap::gateway::transport::grpc

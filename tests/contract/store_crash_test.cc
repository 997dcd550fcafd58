#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::record_unit;

class StoreCrash : public contract::StoreContract {};

std::string name_of(int i) { return "r" + std::to_string(i); }

/// Submits records without end and writes the number of each acknowledged one to `out`.
[[noreturn]] void submit_until_killed(contract::Backend& backend, const Clock& clock, int out,
                                      int first) {
  const auto store = backend.open(clock);
  for (int i = first;; ++i) {
    store->submit(record_unit(name_of(i), 1, name_of(i)), [out, i](Result<WriteOutcome> outcome) {
      if (!outcome.has_value() || outcome->status != WriteStatus::kWritten) return;
      [[maybe_unused]] const auto written = ::write(out, &i, sizeof(i));
    });
  }
}

TEST_P(StoreCrash, EveryAcknowledgedRecordIsThereOnceAfterAKill) {
  store_.reset();  // no thread of the store's may be in the process that forks
  std::set<int> acknowledged;
  constexpr std::size_t kAcknowledgedPerRound = 300;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const int first = round * 1'000'000;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      submit_until_killed(*backend_, clock_, ends[1], first);
    }
    ::close(ends[1]);
    int number = 0;
    std::size_t seen = 0;
    while (::read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged.insert(number);
      if (++seen == kAcknowledgedPerRound) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GE(seen, kAcknowledgedPerRound);
  }
  store_ = backend_->open(clock_);
  ASSERT_NE(store_, nullptr);
  for (const int number : acknowledged) {
    const auto found = store().read(permit(), "Basic", ResourceId(name_of(number)));
    ASSERT_TRUE(found.has_value()) << number;
    EXPECT_EQ(found->version, 1U);
    const RecordKey key{.clinic = ClinicId("clinic-a"),
                        .name = {.kind = "NOTE", .id = RecordId(name_of(number))}};
    const auto revision = store().revision(key, 1);
    ASSERT_TRUE(revision.has_value() && revision->has_value());
    EXPECT_EQ((*revision)->resources.size(), 1U);
  }
  // What was on its way is either there whole or not at all: submitting it again settles it.
  const auto last = *acknowledged.rbegin();
  for (int i = last + 1; i < last + 50; ++i) {
    const auto outcome = submit(record_unit(name_of(i), 1, name_of(i)));
    EXPECT_TRUE(outcome.status == WriteStatus::kWritten ||
                outcome.status == WriteStatus::kReplayed);
    EXPECT_EQ(outcome.resources.at(0).version, 1U);
  }
}

KAP_EVERY_BACKEND(StoreCrash);

}  // namespace
}  // namespace kap::gateway::store

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "gateway/service/watch.h"
#include "gateway/service/watch_hub.h"
#include "gateway/store/store.h"
#include "tests/unit/gateway/service/writing_fixture.h"

namespace kap::gateway::service {
namespace {

constexpr std::chrono::hours kLong{1};

class WatchTest : public WritingTest {
 protected:
  std::string create_patient() { return post(patient_of(R"("active":true)"))->resource.id.text(); }
  store::Sequence now() { return store_->health().last; }

  security::Permit client_ = make_client_permit("ehr", "system/*.rs", {"east"});
};

TEST_F(WatchTest, TellsOfEveryVersionWithATokenThatGoesOnBehindIt) {
  const auto id = create_patient();
  ASSERT_TRUE(put(id, patient_of(R"("active":false)", id)));
  ASSERT_TRUE(remove("Patient", id));
  const auto start = begin_watch(*reader_, WatchStart::kBeginning, "").value();
  const auto all = read_changes(client_, *reader_, {}, start).value();
  ASSERT_EQ(all.changes.size(), 3U);
  EXPECT_TRUE(all.is_last);
  EXPECT_EQ(all.next, now());
  EXPECT_EQ(all.changes[1].resource.version, 2U);
  EXPECT_FALSE(all.changes[1].deleted);
  EXPECT_TRUE(all.changes[2].deleted);
  EXPECT_TRUE(all.changes[2].resource.json.empty());
  const auto behind = begin_watch(*reader_, WatchStart::kNow, all.changes[0].token).value();
  EXPECT_EQ(read_changes(client_, *reader_, {}, behind).value().changes.size(), 2U);
  const auto present = begin_watch(*reader_, WatchStart::kNow, "").value();
  EXPECT_TRUE(read_changes(client_, *reader_, {}, present).value().changes.empty());
}

TEST_F(WatchTest, KeepsToTypesScopesAndClinics) {
  create_patient();
  const auto changes = [&](const security::Permit& permit, const std::vector<std::string>& types) {
    return read_changes(permit, *reader_, types, {});
  };
  EXPECT_EQ(changes(client_, {"Patient"})->changes.size(), 1U);
  EXPECT_TRUE(changes(client_, {"Observation"})->changes.empty());
  EXPECT_TRUE(changes(make_client_permit("a", "system/*.rs", {"west"}), {})->changes.empty());
  EXPECT_TRUE(changes(make_client_permit("a", "system/Basic.rs", {"east"}), {})->changes.empty());
  EXPECT_EQ(category(changes(make_client_permit("a", "system/Basic.rs", {"east"}), {"Patient"})),
            Category::kForbidden);
  EXPECT_EQ(category(changes(make_client_permit("a", "system/Patient.r", {"east"}), {"Patient"})),
            Category::kForbidden);
  EXPECT_EQ(category(changes(make_client_permit("a", "system/Patient.c", {"east"}), {})),
            Category::kForbidden);
  EXPECT_EQ(category(changes(client_, {"Foo"})), Category::kNotFound);
}

TEST_F(WatchTest, ATokenThatIsNotOursIsRefused) {
  create_patient();
  auto token = store_->encode_place(now());
  EXPECT_EQ(begin_watch(*reader_, WatchStart::kNow, token).value(), now());
  token.front() = token.front() == 'A' ? 'B' : 'A';
  EXPECT_EQ(category(begin_watch(*reader_, WatchStart::kNow, token)), Category::kInvalidRequest);
  // As after the restore of an older state.
  const auto ahead = store_->encode_place({now().value + 1});
  EXPECT_EQ(category(begin_watch(*reader_, WatchStart::kNow, ahead)), Category::kInvalidRequest);
}

TEST_F(WatchTest, TheHubWakesOnACommitAndOnlyOnce) {
  WatchHub hub(*store_);
  std::atomic<int> woken{0};
  const auto wake = [&] {
    ++woken;
    woken.notify_all();
  };
  hub.wait(now(), kLong, wake);
  create_patient();
  woken.wait(0);
  EXPECT_EQ(woken, 1);
  // What was committed before the wait began wakes as well.
  hub.wait({0}, kLong, wake);
  woken.wait(1);
  hub.wait(now(), std::chrono::milliseconds(1), wake);
  woken.wait(2);
  EXPECT_EQ(woken, 3);
  const auto ticket = hub.wait(now(), kLong, wake);
  EXPECT_TRUE(hub.forget(ticket));
  EXPECT_FALSE(hub.forget(ticket));
  create_patient();
  hub.wait(now(), kLong, wake);
  hub.stop();
  woken.wait(3);
  EXPECT_EQ(woken, 4);
  EXPECT_TRUE(hub.is_stopped());
}

}  // namespace
}  // namespace kap::gateway::service

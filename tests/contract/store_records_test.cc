#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::record_unit;

class StoreRecords : public contract::StoreContract {
 protected:
  RecordKey key(const std::string& id) {
    return {.clinic = ClinicId("clinic-a"), .name = {.kind = "NOTE", .id = RecordId(id)}};
  }
  std::string body(const std::string& id) {
    const auto found = store().read(permit(), "Basic", ResourceId(id));
    return found.has_value() ? found->body : std::string();
  }
};

TEST_P(StoreRecords, AReplayGetsTheOriginalReceiptEvenAfterLaterRevisions) {
  const auto first = submit(record_unit("r", 1, "one"));
  EXPECT_EQ(first.status, WriteStatus::kWritten);
  EXPECT_EQ(submit(record_unit("r", 2, "two")).resources.at(0).version, 2U);
  for (int i = 0; i < 2; ++i) {
    const auto replay = submit(record_unit("r", 1, "one"));
    EXPECT_EQ(replay.status, WriteStatus::kReplayed);
    EXPECT_EQ(replay.resources, first.resources);
    reopen();
  }
  EXPECT_NE(body("r").find("two"), std::string::npos);
  const auto revision = store().revision(key("r"), 1);
  ASSERT_TRUE(revision.has_value() && revision->has_value());
  EXPECT_EQ((*revision)->status, RevisionStatus::kApplied);
  EXPECT_EQ((*revision)->resources, first.resources);
  EXPECT_EQ((*revision)->body_hash, record_unit("r", 1, "one").record->body_hash);
}

TEST_P(StoreRecords, RefusesAnotherBodyAndAnUnseenLowerRevision) {
  (void)submit(record_unit("r", 3, "three"));
  const auto other = submit(record_unit("r", 3, "another three"));
  EXPECT_EQ(other.status, WriteStatus::kRefused);
  EXPECT_EQ(other.refusal, Refusal::kOtherBody);
  const auto lower = submit(record_unit("r", 2, "two"));
  EXPECT_EQ(lower.status, WriteStatus::kRefused);
  EXPECT_EQ(lower.refusal, Refusal::kLowerRevision);
  EXPECT_EQ(lower.latest_revision, 3);
  EXPECT_NE(body("r").find("three"), std::string::npos);
  EXPECT_EQ(submit(record_unit("r", 7, "seven")).status, WriteStatus::kWritten);
}

TEST_P(StoreRecords, RecordsOfTwoClinicsOrKindsDoNotMeet) {
  (void)submit(record_unit("r", 5, "five"));
  auto elsewhere = record_unit("r", 1, "one");
  elsewhere.clinic = ClinicId("clinic-b");
  elsewhere.record->key.clinic = elsewhere.clinic;
  elsewhere.resources[0].id = ResourceId("of-b");
  EXPECT_EQ(submit(elsewhere).status, WriteStatus::kWritten);
  auto other_kind = record_unit("r", 1, "one");
  other_kind.record->key.name.kind = "PATIENT";
  other_kind.resources[0].id = ResourceId("of-patient");
  EXPECT_EQ(submit(other_kind).status, WriteStatus::kWritten);
}

TEST_P(StoreRecords, ConflictsWhenItWasComputedAgainstAnotherState) {
  auto unit = record_unit("r", 1, "one");
  unit.expected = {{.key = key("r"), .revision = std::nullopt}};
  EXPECT_EQ(submit(unit).status, WriteStatus::kWritten);
  auto second = record_unit("r", 2, "two");
  second.expected = {{.key = key("r"), .revision = std::nullopt}};
  EXPECT_EQ(submit(second).status, WriteStatus::kConflict);
  EXPECT_EQ(body("r").find("two"), std::string::npos);
  second.expected = {{.key = key("r"), .revision = 1}};
  EXPECT_EQ(submit(second).status, WriteStatus::kWritten);
  const auto state = store().record(key("r"));
  ASSERT_TRUE(state.has_value() && state->has_value());
  EXPECT_EQ((*state)->revision, 2);
  EXPECT_EQ((*state)->serialized, "two");
  ASSERT_EQ((*state)->resources.size(), 1U);
  EXPECT_EQ((*state)->resources[0].version, 2U);
  EXPECT_FALSE(store().record(key("none"))->has_value());
}

TEST_P(StoreRecords, ParksWhatNamesAnAbsentRecordAndReleasesItWhenThatComes) {
  const auto parked = submit(record_unit("child", 1, "child", {"parent", "other"}));
  EXPECT_EQ(parked.status, WriteStatus::kParked);
  ASSERT_EQ(parked.missing.size(), 2U);
  EXPECT_EQ(parked.missing[0].field_path, "note.about");
  EXPECT_TRUE(body("child").empty());
  reopen();
  EXPECT_EQ(store().pending_records(ClinicId("clinic-a"), {})->size(), 1U);
  EXPECT_TRUE(store().pending_records(ClinicId("clinic-b"), {})->empty());
  EXPECT_TRUE(submit(record_unit("other", 1, "other")).released.empty());
  EXPECT_TRUE(store().ready_records(10)->empty());

  const auto parent = submit(record_unit("parent", 1, "parent"));
  ASSERT_EQ(parent.released.size(), 1U);
  EXPECT_EQ(parent.released[0].key, key("child"));
  reopen();
  ASSERT_EQ(store().ready_records(10)->size(), 1U);
  const auto pending = store().pending_record(key("child"), 1);
  ASSERT_TRUE(pending.has_value() && pending->has_value());
  EXPECT_EQ((*pending)->serialized, "child");
  EXPECT_TRUE((*pending)->missing.empty());

  const auto applied = submit(record_unit("child", 1, "child", {"parent", "other"}));
  EXPECT_EQ(applied.status, WriteStatus::kWritten);
  EXPECT_EQ(applied.resources.size(), 1U);
  EXPECT_TRUE(store().ready_records(10)->empty());
  EXPECT_TRUE(store().pending_records(ClinicId("clinic-a"), {})->empty());
  EXPECT_EQ(submit(record_unit("child", 1, "child", {"parent"})).status, WriteStatus::kReplayed);
}

TEST_P(StoreRecords, AWaitingRecordThatIsRefusedAfterAllWaitsNoLonger) {
  EXPECT_EQ(submit(record_unit("child", 1, "child", {"parent"})).status, WriteStatus::kParked);
  EXPECT_EQ(submit(record_unit("parent", 1, "parent")).released.size(), 1U);
  // Another body under the same revision is refused on its own account.
  ASSERT_TRUE(store()
                  .put_dead_letter({.key = key("child"), .revision = 1, .serialized = "other"})
                  .has_value());
  EXPECT_EQ(store().ready_records(10)->size(), 1U);
  ASSERT_TRUE(store()
                  .put_dead_letter({.key = key("child"), .revision = 1, .serialized = "child"})
                  .has_value());
  EXPECT_TRUE(store().ready_records(10)->empty());
  reopen();
  EXPECT_TRUE(store().ready_records(10)->empty());
  EXPECT_TRUE(store().pending_records(ClinicId("clinic-a"), {})->empty());
  // Replayed from the dead letters later, it is taken.
  EXPECT_EQ(submit(record_unit("child", 1, "child", {"parent"})).status, WriteStatus::kWritten);
}

TEST_P(StoreRecords, OneArrivalReleasesAWholeChainStepByStep) {
  EXPECT_EQ(submit(record_unit("c", 1, "c", {"b"})).status, WriteStatus::kParked);
  EXPECT_EQ(submit(record_unit("b", 1, "b", {"a"})).status, WriteStatus::kParked);
  // A parked record is not there yet: c goes on waiting for it.
  const auto a = submit(record_unit("a", 1, "a"));
  ASSERT_EQ(a.released.size(), 1U);
  EXPECT_EQ(a.released[0].key, key("b"));
  const auto b = submit(record_unit("b", 1, "b", {"a"}));
  EXPECT_EQ(b.status, WriteStatus::kWritten);
  ASSERT_EQ(b.released.size(), 1U);
  EXPECT_EQ(b.released[0].key, key("c"));
  // Only the first revision makes a record present.
  EXPECT_TRUE(submit(record_unit("a", 2, "a2")).released.empty());
}

TEST_P(StoreRecords, AParkedRevisionIsSeenAndKeepsItsBody) {
  EXPECT_EQ(submit(record_unit("r", 2, "two", {"none"})).status, WriteStatus::kParked);
  EXPECT_EQ(submit(record_unit("r", 2, "two", {"none"})).status, WriteStatus::kParked);
  EXPECT_EQ(submit(record_unit("r", 2, "other", {})).refusal, Refusal::kOtherBody);
  EXPECT_EQ(submit(record_unit("r", 1, "one", {})).refusal, Refusal::kLowerRevision);
  EXPECT_EQ(store().pending_records(ClinicId("clinic-a"), {})->size(), 1U);
}

TEST_P(StoreRecords, ALaterRevisionSupersedesAParkedOne) {
  EXPECT_EQ(submit(record_unit("r", 1, "one", {"none"})).status, WriteStatus::kParked);
  EXPECT_EQ(submit(record_unit("r", 2, "two")).status, WriteStatus::kWritten);
  EXPECT_TRUE(store().pending_records(ClinicId("clinic-a"), {})->empty());
  EXPECT_TRUE(submit(record_unit("none", 1, "none")).released.empty());
  const auto late = submit(record_unit("r", 1, "one", {"none"}));
  EXPECT_EQ(late.status, WriteStatus::kRefused);
  EXPECT_EQ(late.refusal, Refusal::kSuperseded);
}

TEST_P(StoreRecords, AUnitSeesRecordsEarlierInItsBatch) {
  std::vector<std::future<Result<WriteOutcome>>> pending;
  for (int i = 0; i < 200; ++i) {
    auto unit = i == 0
                    ? record_unit("n0", 1, "x")
                    : record_unit("n" + std::to_string(i), 1, "x", {"n" + std::to_string(i - 1)});
    pending.push_back(store().submit(std::move(unit)));
  }
  for (auto& one : pending) EXPECT_EQ(one.get()->status, WriteStatus::kWritten);
}

TEST_P(StoreRecords, DeadLettersAreKeptListedAndRemoved) {
  std::vector<std::int64_t> numbers;
  for (int i = 0; i < 5; ++i) {
    const auto number = store().put_dead_letter({.key = key("r" + std::to_string(i)),
                                                 .revision = i,
                                                 .serialized = std::string("\0x", 2),
                                                 .violations = R"([{"path":"a.b"}])",
                                                 .received = clock_.now()});
    ASSERT_TRUE(number.has_value());
    numbers.push_back(*number);
  }
  reopen();
  const auto page = store().dead_letters(ClinicId("clinic-a"), {.after = numbers[1], .count = 2});
  ASSERT_EQ(page->size(), 2U);
  EXPECT_EQ(page->at(0).number, numbers[2]);
  EXPECT_EQ(page->at(0).serialized, std::string("\0x", 2));
  EXPECT_EQ(page->at(0).received, clock_.now());
  EXPECT_TRUE(store().dead_letters(ClinicId("clinic-b"), {})->empty());
  EXPECT_EQ((*store().dead_letter(numbers[4]))->key, key("r4"));
  EXPECT_TRUE(*store().remove_dead_letter(numbers[4]));
  EXPECT_FALSE(*store().remove_dead_letter(numbers[4]));
  EXPECT_FALSE(store().dead_letter(numbers[4])->has_value());
  // A number is never given twice.
  EXPECT_GT(*store().put_dead_letter({.key = key("late")}), numbers[4]);
}

TEST_P(StoreRecords, ClientsAreKeptAndReplaced) {
  RegisteredClient client{.id = ClientId("ehr"),
                          .name = "An EHR",
                          .jwks = R"({"keys":[]})",
                          .scopes = "system/*.rs",
                          .clinics = {ClinicId("clinic-a"), ClinicId("clinic-b")},
                          .id_assignment = security::IdAssignment::kClient,
                          .created = clock_.now()};
  ASSERT_TRUE(store().put_client(client).has_value());
  client.name = "The EHR";
  ASSERT_TRUE(store().put_client(client).has_value());
  reopen();
  const auto found = store().client(ClientId("ehr"));
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->name, "The EHR");
  EXPECT_EQ((*found)->clinics, client.clinics);
  EXPECT_EQ((*found)->id_assignment, security::IdAssignment::kClient);
  EXPECT_EQ((*found)->created, clock_.now());
  EXPECT_EQ(store().clients()->size(), 1U);
  EXPECT_TRUE(*store().remove_client(ClientId("ehr")));
  EXPECT_FALSE(*store().remove_client(ClientId("ehr")));
  EXPECT_FALSE(store().client(ClientId("ehr"))->has_value());
}

TEST_P(StoreRecords, AnAssertionIsUsedOnceUntilItExpires) {
  const auto now = clock_.now();
  const auto later = now + std::chrono::minutes(5);
  const ClientId client("ehr");
  EXPECT_TRUE(*store().use_assertion(client, "j1", later, now));
  EXPECT_FALSE(*store().use_assertion(client, "j1", later, now));
  EXPECT_TRUE(*store().use_assertion(ClientId("other"), "j1", later, now));
  reopen();
  EXPECT_FALSE(*store().use_assertion(client, "j1", later, later));
  EXPECT_TRUE(*store().use_assertion(client, "j1", later + std::chrono::minutes(9),
                                     later + std::chrono::milliseconds(1)));
}

KAP_EVERY_BACKEND(StoreRecords);

}  // namespace
}  // namespace kap::gateway::store

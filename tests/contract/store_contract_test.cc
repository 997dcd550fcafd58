#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::put;
using contract::unit_of;
using StoreContract = contract::StoreContract;

template <class T>
Category category_of(const Result<T>& result) {
  return result.has_value() ? Category::kInternal : result.error().category();
}

TEST_P(StoreContract, ServesTheBytesWithVersionAndTimeSplicedIn) {
  const auto outcome = submit(unit_of({put("Patient", "p1")}));
  EXPECT_EQ(outcome.status, WriteStatus::kWritten);
  ASSERT_EQ(outcome.resources.size(), 1U);
  EXPECT_EQ(outcome.resources[0].version, 1U);
  const auto found = store().read(permit(), "Patient", ResourceId("p1"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body,
            R"({"resourceType":"Patient","id":"p1","meta":{"versionId":"1",)"
            R"("lastUpdated":"2023-11-14T22:13:20.000Z","source":"test"},"mark":"a"})");
  EXPECT_EQ(found->last_updated, clock_.now());
  EXPECT_EQ(found->seq, outcome.seq);
}

TEST_P(StoreContract, KeepsEveryVersion) {
  (void)submit(unit_of({put("Patient", "p1", "one")}));
  clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(submit(unit_of({put("Patient", "p1", "two")})).resources[0].version, 2U);
  EXPECT_EQ(submit(unit_of({put("Patient", "p1", "three")})).resources[0].version, 3U);
  reopen();
  EXPECT_NE(store().read(permit(), "Patient", ResourceId("p1"))->body.find("three"),
            std::string::npos);
  for (const auto& [version, mark] : {std::pair{1U, "one"}, {2U, "two"}, {3U, "three"}}) {
    const auto found = store().vread(permit(), "Patient", ResourceId("p1"), version);
    ASSERT_TRUE(found.has_value()) << version;
    EXPECT_NE(found->body.find(mark), std::string::npos);
  }
  EXPECT_EQ(category_of(store().vread(permit(), "Patient", ResourceId("p1"), 4)),
            Category::kNotFound);
  EXPECT_EQ(category_of(store().vread(permit(), "Patient", ResourceId("p1"), 0)),
            Category::kNotFound);
  EXPECT_EQ(category_of(store().read(permit(), "Patient", ResourceId("p2"))), Category::kNotFound);
  EXPECT_EQ(category_of(store().read(permit(), "Basic", ResourceId("p1"))), Category::kNotFound);
}

TEST_P(StoreContract, DeletesLeaveATombstoneThatCanBeBroughtBack) {
  (void)submit(unit_of({put("Basic", "b")}));
  ResourceWrite removal;
  removal.operation = ResourceWrite::Operation::kDelete;
  removal.type = "Basic";
  removal.id = ResourceId("b");
  EXPECT_EQ(submit(unit_of({removal})).resources[0].version, 2U);
  EXPECT_EQ(category_of(store().read(permit(), "Basic", ResourceId("b"))), Category::kGone);
  EXPECT_EQ(category_of(store().vread(permit(), "Basic", ResourceId("b"), 2)), Category::kGone);
  EXPECT_TRUE(store().vread(permit(), "Basic", ResourceId("b"), 1).has_value());
  EXPECT_EQ(submit(unit_of({removal})).status, WriteStatus::kPreconditionFailed);
  auto again = put("Basic", "b", "again");
  again.precondition = MustNotExist{};
  EXPECT_EQ(submit(unit_of({again})).resources[0].version, 3U);
  const auto history = store().history(contract::history_of("Basic", "b"));
  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(history->total, 3U);
  EXPECT_TRUE(history->versions.at(1).deleted);
}

TEST_P(StoreContract, ChecksPreconditionsBeforeItWritesAnything) {
  (void)submit(unit_of({put("Basic", "b")}));
  auto stale = put("Basic", "b", "stale");
  stale.precondition = Version{7};
  const auto outcome = submit(unit_of({put("Basic", "first"), stale}));
  EXPECT_EQ(outcome.status, WriteStatus::kPreconditionFailed);
  EXPECT_EQ(outcome.failed_resource, 1U);
  EXPECT_EQ(outcome.current_version, Version{1});
  EXPECT_EQ(category_of(store().read(permit(), "Basic", ResourceId("first"))), Category::kNotFound);
  auto fresh = put("Basic", "b", "fresh");
  fresh.precondition = Version{1};
  EXPECT_EQ(submit(unit_of({fresh})).status, WriteStatus::kWritten);
  auto absent = put("Basic", "none");
  absent.precondition = MustExist{};
  EXPECT_EQ(submit(unit_of({absent})).status, WriteStatus::kPreconditionFailed);
}

TEST_P(StoreContract, RefusesAUnitThatWritesAResourceTwice) {
  const auto outcome = store().submit(unit_of({put("Basic", "b"), put("Basic", "b")})).get();
  EXPECT_EQ(category_of(outcome), Category::kInvalidRequest);
}

TEST_P(StoreContract, NeverOverwritesAnotherClinicsResource) {
  (void)submit(unit_of({put("Basic", "b", "of-a")}, "clinic-a"));
  const auto outcome = submit(unit_of({put("Basic", "b", "of-b")}, "clinic-b"));
  EXPECT_EQ(outcome.status, WriteStatus::kPreconditionFailed);
  EXPECT_EQ(outcome.current_version, std::nullopt);
  EXPECT_NE(store().read(permit(), "Basic", ResourceId("b"))->body.find("of-a"), std::string::npos);
}

TEST_P(StoreContract, AppliesUnitsInOrderAndEachSeesTheOnesBefore) {
  std::vector<std::future<Result<WriteOutcome>>> pending;
  for (unsigned i = 0; i < 500; ++i) {
    auto write = put("Basic", "b", std::to_string(i));
    if (i > 0) write.precondition = Version{i};
    pending.push_back(store().submit(unit_of({write})));
  }
  Sequence before;
  for (unsigned i = 0; i < pending.size(); ++i) {
    const auto outcome = pending[i].get();
    ASSERT_TRUE(outcome.has_value());
    ASSERT_EQ(outcome->status, WriteStatus::kWritten);
    EXPECT_EQ(outcome->resources[0].version, i + 1);
    EXPECT_LT(before, outcome->seq);
    before = outcome->seq;
  }
}

TEST_P(StoreContract, HistoryPagesStayAsTheyWere) {
  for (int i = 1; i <= 7; ++i) (void)submit(unit_of({put("Basic", "b", std::to_string(i))}));
  auto page = store().history(contract::history_of("Basic", "b", {.count = 3}));
  ASSERT_TRUE(page.has_value());
  (void)submit(unit_of({put("Basic", "b", "later")}));
  std::vector<Version> versions;
  for (;;) {
    EXPECT_EQ(page->total, 7U);
    for (const auto& version : page->versions) versions.push_back(version.version);
    if (!page->next.has_value()) break;
    page = store().history(contract::history_of("Basic", "b", {.count = 3, .cursor = *page->next}));
    ASSERT_TRUE(page.has_value());
  }
  EXPECT_EQ(versions, (std::vector<Version>{7, 6, 5, 4, 3, 2, 1}));
}

TEST_P(StoreContract, WhatAPermitDoesNotShowIsAbsent) {
  auto secret = put("Observation", "o", "one");
  secret.patient = ResourceId("p1");
  secret.sensitivity = security::sensitivity::kSubstanceUse;
  (void)submit(unit_of({secret}));
  const ResourceId id("o");
  const std::vector<security::Permit> blind = {
      permit({.clinics = {"clinic-b"}}), permit({.clinics = {}}), permit({.patient = "p2"}),
      permit({.denied = security::sensitivity::kSubstanceUse})};
  for (const auto& one : blind) {
    EXPECT_EQ(category_of(store().read(one, "Observation", id)), Category::kNotFound);
    EXPECT_EQ(category_of(store().vread(one, "Observation", id, 1)), Category::kNotFound);
    EXPECT_EQ(category_of(store().history(contract::history_of("Observation", "o", {}, one))),
              Category::kNotFound);
  }
  EXPECT_TRUE(store().read(permit({.patient = "p1"}), "Observation", id).has_value());
  EXPECT_TRUE(store()
                  .read(permit({.denied = security::sensitivity::kAlcohol}), "Observation", id)
                  .has_value());
}

TEST_P(StoreContract, AnOlderVersionIsHiddenWithTheCurrentOne) {
  (void)submit(unit_of({put("Observation", "o", "open")}));
  auto secret = put("Observation", "o", "labelled");
  secret.sensitivity = security::sensitivity::kSubstanceUse;
  (void)submit(unit_of({secret}));
  const auto blind = permit({.denied = security::sensitivity::kSubstanceUse});
  EXPECT_EQ(category_of(store().vread(blind, "Observation", ResourceId("o"), 1)),
            Category::kNotFound);
  (void)submit(unit_of({put("Observation", "o", "open again")}));
  EXPECT_EQ(category_of(store().vread(blind, "Observation", ResourceId("o"), 2)),
            Category::kNotFound);
  EXPECT_EQ(store().history(contract::history_of("Observation", "o", {}, blind))->total, 2U);
}

TEST_P(StoreContract, ADeletionIsHiddenFromThoseWhoDidNotSeeWhatWasDeleted) {
  auto secret = put("Observation", "o");
  secret.sensitivity = security::sensitivity::kSubstanceUse;
  secret.patient = ResourceId("p1");
  (void)submit(unit_of({secret}));
  ResourceWrite removal{.operation = ResourceWrite::Operation::kDelete, .type = "Observation"};
  removal.id = ResourceId("o");
  (void)submit(unit_of({removal}));
  EXPECT_EQ(category_of(store().read(permit({.denied = security::sensitivity::kSubstanceUse}),
                                     "Observation", ResourceId("o"))),
            Category::kNotFound);
  EXPECT_EQ(category_of(store().read(permit({.patient = "p2"}), "Observation", ResourceId("o"))),
            Category::kNotFound);
  EXPECT_EQ(category_of(store().read(permit({.patient = "p1"}), "Observation", ResourceId("o"))),
            Category::kGone);
}

TEST_P(StoreContract, ReadersGoOnWhileOthersWrite) {
  (void)submit(unit_of({put("Basic", "b", "0")}));
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      Version last = 0;
      while (!done) {
        const auto found = store().read(permit(), "Basic", ResourceId("b"));
        ASSERT_TRUE(found.has_value());
        ASSERT_LE(last, found->version);
        last = found->version;
        (void)store().history(contract::history_of("Basic", "b", {.count = 2}));
        (void)store().health();
      }
    });
  }
  for (int i = 0; i < 200; ++i) (void)submit(unit_of({put("Basic", "b", std::to_string(i))}));
  done = true;
  for (auto& reader : readers) reader.join();
}

TEST_P(StoreContract, AFullDiskRefusesWritesServesReadsAndRecovers) {
  (void)submit(unit_of({put("Basic", "before")}));
  if (!backend_->exhaust_space()) GTEST_SKIP() << "this backend cannot run out of space here";
  bool refused = false;
  for (int i = 0; i < 50 && !refused; ++i) {
    const auto outcome =
        store().submit(unit_of({put("Basic", std::to_string(i), std::string(50'000, 'x'))})).get();
    if (outcome.has_value()) continue;
    refused = true;
    EXPECT_EQ(outcome.error().category(), Category::kUnavailable);
    EXPECT_EQ(outcome.error().issues().front().code, IssueType::kNoStore);
  }
  EXPECT_TRUE(refused);
  EXPECT_FALSE(store().health().writable);
  EXPECT_TRUE(store().health().readable);
  EXPECT_TRUE(store().read(permit(), "Basic", ResourceId("before")).has_value());
  backend_->restore_space();
  EXPECT_EQ(submit(unit_of({put("Basic", "after")})).status, WriteStatus::kWritten);
  EXPECT_TRUE(store().health().writable);
  reopen();
  EXPECT_TRUE(store().read(permit(), "Basic", ResourceId("after")).has_value());
}

KAP_EVERY_BACKEND(StoreContract);

}  // namespace
}  // namespace kap::gateway::store

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fhir/base/bundle_limits.h"
#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::put;
using contract::unit_of;
using std::chrono::milliseconds;
using std::chrono::seconds;

class StoreHistory : public contract::StoreContract {
 protected:
  void write(const std::string& type, const std::string& id, const std::string& mark = "a") {
    (void)submit(unit_of({put(type, id, mark)}));
  }
  void remove(const std::string& type, const std::string& id) {
    ResourceWrite removal{.operation = ResourceWrite::Operation::kDelete, .type = type};
    removal.id = ResourceId(id);
    (void)submit(unit_of({removal}));
  }
  /// All pages as `Type/id/version`, a deletion with `!`.
  std::vector<std::string> list(const HistoryScope& scope, std::size_t count = 50,
                                const security::Permit& seen_by = permit()) {
    std::vector<std::string> out;
    PageOptions page{.count = count};
    for (;;) {
      const auto found = store().history({seen_by, scope, page});
      if (!found.has_value()) {
        ADD_FAILURE() << found.error().summary();
        return out;
      }
      EXPECT_LE(found->versions.size(), count);
      for (const auto& one : found->versions)
        out.push_back(one.type + "/" + one.id.text() + "/" + std::to_string(one.version) +
                      (one.deleted ? "!" : ""));
      if (!found->next.has_value()) return out;
      page.cursor = *found->next;
    }
  }
  using Names = std::vector<std::string>;
};

TEST_P(StoreHistory, ListsTypesAndAllNewestFirstWithDeletions) {
  write("Basic", "a");
  write("Patient", "p");
  write("Basic", "b");
  write("Basic", "a");
  remove("Basic", "b");
  write("Group", "g");
  const Names all = {"Group/g/1", "Basic/b/2!",  "Basic/a/2",
                     "Basic/b/1", "Patient/p/1", "Basic/a/1"};
  for (const std::size_t count : {1U, 2U, 3U, 50U}) EXPECT_EQ(list({}, count), all) << count;
  EXPECT_EQ(list({.types = {{"Basic"}}}, 2),
            (Names{"Basic/b/2!", "Basic/a/2", "Basic/b/1", "Basic/a/1"}));
  EXPECT_EQ(list({.types = {{"Patient", "Group", "Unheard"}}}, 1),
            (Names{"Group/g/1", "Patient/p/1"}));
  EXPECT_EQ(list({.types = std::vector<std::string>{}}), Names{});
  EXPECT_EQ(list({.types = {{"Basic"}}, .id = ResourceId("a")}, 1),
            (Names{"Basic/a/2", "Basic/a/1"}));
}

TEST_P(StoreHistory, SinceIncludesItsOwnInstant) {
  const auto start = clock_.now();
  for (int i = 0; i < 5; ++i) {
    write("Basic", "b", std::to_string(i));
    clock_.advance(seconds(10));
  }
  const auto since = [&](milliseconds after) {
    return list({.types = {{"Basic"}}, .since = start + after}).size();
  };
  EXPECT_EQ(since(milliseconds(-1)), 5U);
  EXPECT_EQ(since(seconds(20)), 3U);
  EXPECT_EQ(since(milliseconds(20'001)), 2U);
  EXPECT_EQ(since(milliseconds(19'999)), 3U);
  EXPECT_EQ(since(seconds(40)), 1U);
  EXPECT_EQ(since(milliseconds(40'001)), 0U);
  EXPECT_EQ(list({.types = {{"Basic"}}, .id = ResourceId("b"), .since = start + seconds(30)}, 1),
            (Names{"Basic/b/5", "Basic/b/4"}));
}

TEST_P(StoreHistory, AtListsWhatWasCurrentAtSomePoint) {
  const auto start = clock_.now();
  write("Basic", "old");  // 0 s
  write("Basic", "b");
  clock_.advance(seconds(10));
  write("Basic", "b");  // 10 s
  clock_.advance(seconds(10));
  remove("Basic", "b");  // 20 s
  const auto at = [&](milliseconds first, milliseconds end) {
    return list({.at = Period{.first = start + first, .end = start + end}}, 1);
  };
  EXPECT_EQ(at(seconds(-2), seconds(0)), Names{});
  EXPECT_EQ(at(seconds(0), milliseconds(1)), (Names{"Basic/b/1", "Basic/old/1"}));
  EXPECT_EQ(at(milliseconds(9'999), seconds(10)), (Names{"Basic/b/1", "Basic/old/1"}));
  EXPECT_EQ(at(seconds(10), milliseconds(10'001)), (Names{"Basic/b/2", "Basic/old/1"}));
  EXPECT_EQ(at(seconds(5), seconds(15)), (Names{"Basic/b/2", "Basic/b/1", "Basic/old/1"}));
  EXPECT_EQ(at(seconds(25), seconds(26)), (Names{"Basic/b/3!", "Basic/old/1"}));
  EXPECT_EQ(at(seconds(1'000), seconds(2'000)), (Names{"Basic/b/3!", "Basic/old/1"}));
}

TEST_P(StoreHistory, PagesOfATypeStayWhileDataChange) {
  for (int i = 0; i < 20; ++i) write("Basic", "b" + std::to_string(i));
  const HistoryScope scope{.types = {{"Basic"}}};
  std::vector<std::string> seen;
  PageOptions page{.count = 3};
  for (int i = 0;; ++i) {
    const auto found = store().history({permit(), scope, page});
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->total, 20U);
    for (const auto& one : found->versions) seen.push_back(one.id.text());
    write("Basic", "b" + std::to_string(i), "later");
    remove("Basic", "b" + std::to_string(19 - i));
    if (!found->next.has_value()) break;
    page.cursor = *found->next;
  }
  ASSERT_EQ(seen.size(), 20U);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(seen[static_cast<std::size_t>(i)], "b" + std::to_string(19 - i));
}

TEST_P(StoreHistory, ShowsOnlyWhatThePermitShows) {
  write("Basic", "open");
  auto labelled = put("Basic", "labelled");
  labelled.sensitivity = security::sensitivity::kSubstanceUse;
  labelled.patient = ResourceId("p1");
  (void)submit(unit_of({labelled}));
  write("Basic", "was-open");
  labelled.id = ResourceId("was-open");
  labelled.body = put("Basic", "was-open").body;
  (void)submit(unit_of({labelled}));
  (void)submit(unit_of({put("Basic", "other")}, "clinic-b"));

  EXPECT_EQ(list({}).size(), 4U);
  EXPECT_EQ(list({}, 1, permit({.clinics = {"clinic-a", "clinic-b"}})),
            (Names{"Basic/other/1", "Basic/was-open/2", "Basic/was-open/1", "Basic/labelled/1",
                   "Basic/open/1"}));
  EXPECT_EQ(list({}, 1, permit({.clinics = {"clinic-b"}})), Names{"Basic/other/1"});
  EXPECT_EQ(list({}, 1, permit({.clinics = {}})), Names{});
  EXPECT_EQ(list({}, 1, permit({.denied = security::sensitivity::kSubstanceUse})),
            Names{"Basic/open/1"});
  EXPECT_EQ(list({}, 1, permit({.patient = "p1"})),
            (Names{"Basic/was-open/2", "Basic/labelled/1"}));
}

TEST_P(StoreHistory, ACursorIsOfOneHistoryOnly) {
  for (int i = 0; i < 3; ++i) write("Basic", "b");
  const auto first = store().history({permit(), {.types = {{"Basic"}}}, {.count = 1}});
  ASSERT_TRUE(first.has_value() && first->next.has_value());
  const PageOptions next{.count = 1, .cursor = *first->next};
  EXPECT_TRUE(store().history({permit(), {.types = {{"Basic"}}}, next}).has_value());
  EXPECT_FALSE(store().history({permit(), {}, next}).has_value());
  EXPECT_FALSE(store().history({permit(), {.types = {{"Group"}}}, next}).has_value());
  EXPECT_FALSE(
      store().history({permit(), {.types = {{"Basic"}}, .since = clock_.now()}, next}).has_value());
  EXPECT_FALSE(
      store().history({permit(), {.types = {{"Basic"}}}, {.cursor = "forged"}}).has_value());
}

TEST_P(StoreHistory, CountsALongHistoryOnlyWhenAsked) {
  std::vector<std::future<Result<WriteOutcome>>> pending;
  for (std::size_t i = 0; i <= limits::kHistoryCounted; ++i)
    pending.push_back(store().submit(unit_of({put("Basic", "b" + std::to_string(i % 7))})));
  for (auto& one : pending) ASSERT_TRUE(one.get().has_value());
  const auto page = store().history({permit(), {}, {.count = 1}});
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->total, std::nullopt);
  const auto counted = store().history(
      {permit(), {}, {.total = PageOptions::Total::kAccurate, .rows = PageOptions::Rows::kNone}});
  ASSERT_TRUE(counted.has_value());
  EXPECT_EQ(counted->total, limits::kHistoryCounted + 1);
  EXPECT_TRUE(counted->versions.empty());
  const auto late =
      store().history({permit(), {}, {.deadline = std::chrono::steady_clock::now() - seconds(1)}});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().category(), Category::kTimeout);
}

KAP_EVERY_BACKEND(StoreHistory);

}  // namespace
}  // namespace kap::gateway::store

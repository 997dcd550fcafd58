#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/query.h"
#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::put;
using contract::unit_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An Observation that `patient` owns (empty: nobody), found by its code.
ResourceWrite observation(const std::string& id, const std::string& patient,
                          const std::string& code) {
  auto write = put("Observation", id);
  write.body.pop_back();
  write.body += R"(,"code":{"coding":[{"system":"urn:x","code":")" + code + "\"}]}}";
  const auto document = fhir::json::parse(write.body);
  write.index = fhir::search::extract(document->root).value();
  if (!patient.empty()) write.patient = ResourceId(patient);
  return write;
}

ResourceWrite deletion(const std::string& type, const std::string& id) {
  return {.operation = ResourceWrite::Operation::kDelete, .type = type, .id = ResourceId(id)};
}

class StoreScan : public contract::StoreContract {
 protected:
  using Ids = std::vector<std::string>;

  Sequence now() { return store().health().last; }

  /// The ids, and behind them the marks of their bodies.
  Ids walk(ScanQuery::Options options, contract::Sight sight = {},
           const std::string& type = "Observation") {
    const auto scan = store().scan(ScanQuery(permit(std::move(sight)), type, std::move(options)));
    Ids out;
    for (auto progress = Scan::Progress::kMore; progress == Scan::Progress::kMore;) {
      auto step = scan->step(Scan::Bodies::kRead, [&](const Scan::Row& row) {
        const auto at = row.body.find(R"("mark":")");
        out.push_back(std::string(row.id) + (at == std::string_view::npos
                                                 ? ""
                                                 : std::string(row.body.substr(at + 8, 1))));
        return false;
      });
      if (!step.has_value()) {
        ADD_FAILURE() << step.error().summary();
        return out;
      }
      progress = *step;
    }
    return out;
  }
  std::shared_ptr<const fhir::search::Query> query(const std::string& code) {
    const std::vector<std::pair<std::string, std::string>> pairs{{"code", code}};
    return std::make_shared<fhir::search::Query>(
        fhir::search::parse_query("Observation", pairs, {.now = clock_.now()}).value());
  }
};

TEST_P(StoreScan, SeesOnePlaceWhileDataChange) {
  (void)submit(unit_of({put("Observation", "1"), put("Observation", "2"), put("Basic", "b")}));
  const auto before = now();
  (void)submit(unit_of({put("Observation", "1", "b"), put("Observation", "3")}));
  (void)submit(unit_of({deletion("Observation", "2")}));
  const Ids old{"1a", "2a"};
  EXPECT_EQ(walk({.as_of = before}), old);
  EXPECT_THAT(walk({.as_of = now()}), ElementsAre("1b", "3a"));
  EXPECT_THAT(walk({.as_of = now(), .after = before}), ElementsAre("1b", "3a"));
  EXPECT_THAT(walk({.as_of = now(), .versions = ScanQuery::Versions::kDeleted}), ElementsAre("2"));
  EXPECT_THAT(walk({.as_of = before, .versions = ScanQuery::Versions::kDeleted}), IsEmpty());
  (void)submit(unit_of({put("Observation", "2", "c")}));
  EXPECT_THAT(walk({.as_of = now(), .versions = ScanQuery::Versions::kDeleted}), IsEmpty())
      << "it came back";
  EXPECT_THAT(walk({.as_of = now()}, {}, "Patient"), IsEmpty());
  reopen();
  EXPECT_EQ(walk({.as_of = before}), old);
}

TEST_P(StoreScan, GoesOnBetweenWritesWhereItStood) {
  std::vector<ResourceWrite> writes;
  for (int i = 0; i < 300; ++i) writes.push_back(put("Observation", std::to_string(i)));
  (void)submit(unit_of(std::move(writes)));
  const auto scan = store().scan(ScanQuery(permit(), "Observation", {.as_of = now()}));
  int seen = 0;
  for (auto progress = Scan::Progress::kMore; progress == Scan::Progress::kMore;) {
    int of_step = 0;
    const auto step = scan->step(Scan::Bodies::kLeft, [&](const Scan::Row& row) {
      EXPECT_EQ(row.id, std::to_string(seen++));
      EXPECT_TRUE(row.body.empty());
      return ++of_step < 7;
    });
    ASSERT_TRUE(step.has_value());
    EXPECT_LE(of_step, 7);
    (void)submit(unit_of({put("Observation", std::to_string(seen % 300), "b")}));
    progress = *step;
  }
  EXPECT_EQ(seen, 300);
}

TEST_P(StoreScan, KeepsToCompartmentsAndCriteria) {
  (void)submit(unit_of({observation("1", "p1", "a"), observation("2", "p2", "b"),
                        observation("3", "", "a"), observation("4", "p1", "c")}));
  const auto as_of = now();
  using Compartment = ScanQuery::Compartment;
  EXPECT_THAT(walk({.as_of = as_of, .compartment = Compartment::kOwned}),
              ElementsAre("1a", "2a", "4a"));
  EXPECT_THAT(walk({.as_of = as_of, .patients = {{ResourceId("p1"), ResourceId("p9")}}}),
              ElementsAre("1a", "4a"));
  EXPECT_THAT(walk({.as_of = as_of, .patients = {{}}}), IsEmpty());
  EXPECT_THAT(walk({.as_of = as_of, .any_of = {query("a"), query("b")}}),
              ElementsAre("1a", "2a", "3a"));
  EXPECT_THAT(walk({.as_of = as_of, .patients = {{ResourceId("p1")}}, .any_of = {query("a")}}),
              ElementsAre("1a"));
  EXPECT_THAT(walk({.as_of = as_of, .any_of = {query("a:missing")}}), IsEmpty());
}

TEST_P(StoreScan, ShowsWhatThePermitShows) {
  auto secret = observation("2", "p1", "a");
  secret.sensitivity = security::sensitivity::kPsychotherapyNote;
  (void)submit(unit_of({observation("1", "p1", "a"), secret, observation("3", "p2", "a")}));
  (void)submit(unit_of({observation("4", "p1", "a")}, "clinic-b"));
  const auto as_of = now();
  EXPECT_THAT(walk({.as_of = as_of}), ElementsAre("1a", "2a", "3a"));
  EXPECT_THAT(walk({.as_of = as_of}, {.clinics = {"clinic-a", "clinic-b"},
                                      .denied = security::sensitivity::kPsychotherapyNote}),
              ElementsAre("1a", "3a", "4a"));
  EXPECT_THAT(walk({.as_of = as_of}, {.patient = "p1"}), ElementsAre("1a", "2a"));
  EXPECT_THAT(walk({.as_of = as_of}, {.clinics = {}}), IsEmpty());
  EXPECT_THAT(walk({.as_of = as_of, .any_of = {query("a")}}, {.patient = "p2"}), ElementsAre("3a"));
  // Labelled since: what was exported before is not downloaded after.
  auto labelled = observation("1", "p1", "a");
  labelled.sensitivity = security::sensitivity::kPsychotherapyNote;
  (void)submit(unit_of({labelled}));
  EXPECT_THAT(walk({.as_of = as_of}, {.denied = security::sensitivity::kPsychotherapyNote}),
              ElementsAre("3a"));
}

TEST_P(StoreScan, FindsThePlaceOfATime) {
  const auto start = clock_.now();
  EXPECT_EQ(store().sequence_at(start)->value, 0);
  for (int i = 0; i < 20; ++i) {
    (void)submit(unit_of({put("Basic", "a"), put("Basic", "b")}));
    clock_.advance(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(store().sequence_at(start - std::chrono::milliseconds(1))->value, 0);
  for (int i = 0; i < 20; ++i) {
    const auto at = start + std::chrono::milliseconds(10 * i);
    EXPECT_EQ(store().sequence_at(at)->value, 2 * (i + 1));
    EXPECT_EQ(store().sequence_at(at + std::chrono::milliseconds(9))->value, 2 * (i + 1));
  }
}

TEST_P(StoreScan, ListsChangesInTheirOrder) {
  auto labelled = observation("3", "p1", "a");
  labelled.sensitivity = security::sensitivity::kPsychotherapyNote;
  (void)submit(unit_of({put("Observation", "1"), put("Basic", "b"), labelled}));
  (void)submit(unit_of({put("Observation", "1", "b"), deletion("Basic", "b")}));
  (void)submit(unit_of({put("Observation", "9")}, "clinic-b"));
  const auto list = [&](ChangeOptions options, const contract::Sight& sight = {}) {
    Ids out;
    for (;;) {
      auto page = store().changes(permit(sight), options).value();
      for (const auto& change : page.changes) {
        out.push_back(change.type.substr(0, 1) + change.id.text() + std::to_string(change.version) +
                      (change.deleted ? "-" : ""));
        EXPECT_EQ(change.deleted, change.body.empty());
      }
      options.after = page.next;
      if (page.is_last) break;
    }
    return out;
  };
  EXPECT_THAT(list({}), ElementsAre("O11", "Bb1", "O31", "O12", "Bb2-"));
  EXPECT_THAT(list({.count = 1}), ElementsAre("O11", "Bb1", "O31", "O12", "Bb2-"));
  EXPECT_THAT(list({.bytes = 1}), ElementsAre("O11", "Bb1", "O31", "O12", "Bb2-"));
  EXPECT_THAT(list({.after = {3}}), ElementsAre("O12", "Bb2-"));
  EXPECT_THAT(list({.types = {{"Basic", "Patient"}}}), ElementsAre("Bb1", "Bb2-"));
  EXPECT_THAT(list({}, {.denied = security::sensitivity::kPsychotherapyNote}),
              ElementsAre("O11", "Bb1", "O12", "Bb2-"));
  EXPECT_THAT(list({}, {.clinics = {"clinic-b"}}), ElementsAre("O91"));
  const auto end = store().changes(permit(), {.after = now()}).value();
  EXPECT_TRUE(end.is_last);
  EXPECT_EQ(end.next, now());
}

TEST_P(StoreScan, TellsOfCommits) {
  std::atomic<std::int64_t> told{0};
  auto handle = store().on_commit([&](Sequence last) {
    told = last.value;
    told.notify_all();
  });
  (void)submit(unit_of({put("Basic", "1"), put("Basic", "2")}));
  told.wait(0);
  EXPECT_EQ(told, 2);
  handle.reset();
  (void)submit(unit_of({put("Basic", "3")}));
  EXPECT_EQ(store().health().last.value, 3);
  EXPECT_EQ(told, 2);
}

class StoreExports : public StoreScan {
 protected:
  std::optional<ExportJob> start(const std::string& id, const std::string& client = "c",
                                 std::size_t most = 9) {
    return store()
        .put_export_job({.id = id,
                         .client = ClientId(client),
                         .scopes = "s",
                         .request = "r",
                         .parameters = "p"},
                        clock_.now(), most)
        .value();
  }
};

TEST_P(StoreExports, KeepsJobsAcrossARestart) {
  (void)submit(unit_of({put("Basic", "1")}));
  const auto job = start("j1");
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->as_of.value, 1);
  EXPECT_EQ(job->transaction_time, clock_.now());
  reopen();
  const auto running = store().running_export_jobs().value();
  ASSERT_EQ(running.size(), 1U);
  EXPECT_EQ(running[0].id, "j1");
  ExportJob done = running[0];
  EXPECT_EQ(done.client, ClientId("c"));
  EXPECT_EQ(done.scopes + done.request + done.parameters, "srp");
  done.state = ExportJob::State::kDone;
  done.expires = clock_.now() + std::chrono::hours(1);
  done.issues = "{}\n";
  done.parts = {{.type = "Patient", .until = {5}, .count = 7},
                {.kind = ExportPart::Kind::kDeleted, .type = "Basic", .after = {1}, .until = {9}}};
  EXPECT_TRUE(store().finish_export_job(done).value());
  reopen();
  const auto found = store().export_job("j1").value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->state, ExportJob::State::kDone);
  EXPECT_EQ(found->parts, done.parts);
  EXPECT_EQ(found->expires, done.expires);
  EXPECT_EQ(found->as_of, job->as_of);
  EXPECT_TRUE(store().running_export_jobs().value().empty());
  EXPECT_TRUE(store().remove_export_job("j1").value());
  EXPECT_FALSE(store().remove_export_job("j1").value());
  EXPECT_FALSE(store().finish_export_job(done).value());
  EXPECT_FALSE(store().export_job("j1").value().has_value());
}

TEST_P(StoreExports, BoundsTheJobsOfAClient) {
  EXPECT_TRUE(start("1", "c", 2).has_value());
  auto second = start("2", "c", 2);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(start("3", "c", 2).has_value());
  EXPECT_TRUE(start("4", "other", 2).has_value());
  second->state = ExportJob::State::kFailed;
  second->expires = clock_.now() + std::chrono::seconds(5);
  EXPECT_TRUE(store().finish_export_job(*second).value());
  EXPECT_FALSE(start("3", "c", 2).has_value());
  clock_.advance(std::chrono::seconds(5));
  EXPECT_TRUE(start("3", "c", 2).has_value());
  EXPECT_FALSE(store().export_job("2").value().has_value()) << "expired";
}

TEST_P(StoreExports, PartsThePastFromTheFuture) {
  (void)submit(unit_of({put("Basic", "1")}));
  const auto job = start("1");
  (void)submit(unit_of({put("Basic", "2")}));  // within the same millisecond of the clock
  const auto later = store().read(permit(), "Basic", ResourceId("2"))->last_updated;
  EXPECT_LE(store().read(permit(), "Basic", ResourceId("1"))->last_updated, job->transaction_time);
  EXPECT_GT(later, job->transaction_time);
  EXPECT_EQ(store().sequence_at(job->transaction_time)->value, job->as_of.value);
  const auto second = start("2");
  EXPECT_GE(second->transaction_time, later);
  reopen();
  clock_.advance(std::chrono::seconds(-100));  // the clock stepped back meanwhile
  (void)submit(unit_of({put("Basic", "3")}));
  EXPECT_GT(store().read(permit(), "Basic", ResourceId("3"))->last_updated,
            second->transaction_time);
}

KAP_EVERY_BACKEND(StoreScan);
KAP_EVERY_BACKEND(StoreExports);

}  // namespace
}  // namespace kap::gateway::store

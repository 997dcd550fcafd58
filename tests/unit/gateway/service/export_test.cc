#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

#include "fhir/json/parse.h"
#include "gateway/service/exporter.h"
#include "gateway/store/store.h"
#include "tests/unit/gateway/service/writing_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
namespace json = fhir::json;

class ExportTest : public WritingTest {
 protected:
  using Ids = std::vector<std::string>;

  ExportTest() { restart(); }

  void restart(ExportOptions options = {}) {
    exporter_.reset();
    exporter_.emplace(*reader_, ids_, options, [](const ClientId& client, std::string_view scopes) {
      return make_client_permit(client.text(), scopes, {"east"});
    });
  }
  std::string create_patient() { return post(patient_of(R"("active":true)"))->resource.id.text(); }
  std::string create_observation(const std::string& patient, const std::string& code = "a") {
    return post(
               R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:x",)"
               R"("code":")" +
               code + R"("}]},"subject":{"reference":"Patient/)" + patient + "\"}}")
        ->resource.id.text();
  }
  std::string create_group(const Ids& patients) {
    std::string members;
    for (const auto& patient : patients)
      members +=
          (members.empty() ? "" : ",") + (R"({"entity":{"reference":"Patient/)" + patient + "\"}}");
    return post(R"({"resourceType":"Group","type":"person","actual":true,"member":[)" + members +
                "]}")
        ->resource.id.text();
  }

  ExportInput input(std::vector<std::pair<std::string, std::string>> query = {},
                    ExportLevel level = ExportLevel::kSystem) {
    return {.level = level, .query = std::move(query), .url = "https://gw/fhir/$export"};
  }
  ExportDone wait_for(const std::string& job) {
    for (;;) {
      auto status = exporter_->status(client_, job);
      if (!status && status.error().category() == Category::kThrottled) {
        clock_.advance(std::chrono::seconds(10));
        continue;
      }
      if (!status) {
        ADD_FAILURE() << status.error().summary();
        return {};
      }
      if (auto* done = std::get_if<ExportDone>(&*status)) return std::move(*done);
      if (auto* failed = std::get_if<ExportFailed>(&*status)) {
        ADD_FAILURE() << failed->outcome;
        return {};
      }
      std::this_thread::yield();
    }
  }
  struct Entry {
    std::string list, type, file;
    std::string count;
  };
  std::vector<Entry> entries(const ExportDone& done) {
    std::vector<Entry> out;
    const auto document = json::parse(done.manifest).value();
    for (const char* list : {"output", "deleted", "error"})
      for (const auto& entry : document.root.find(list)->items()) {
        const auto url = entry.string("url");
        out.push_back({list, std::string(entry.string("type")),
                       std::string(url.substr(url.rfind('/') + 1)),
                       std::string(entry.find("count")->text())});
      }
    return out;
  }
  std::string download(const std::string& job, const std::string& file,
                       const security::Permit* permit = nullptr) {
    auto opened = exporter_->open(permit == nullptr ? client_ : *permit, job, file);
    if (!opened) return "refused: " + opened.error().summary();
    std::string all;
    for (;;) {
      const auto piece = (*opened)->next().value();
      if (piece.empty()) return all;
      all += piece;
    }
  }
  /// The ids of every output file, by type: `Patient/1`.
  Ids run(const ExportInput& wanted) {
    const auto job = exporter_->kick_off(client_, wanted);
    if (!job) {
      ADD_FAILURE() << job.error().summary();
      return {};
    }
    Ids out;
    for (const auto& entry : entries(wait_for(*job)))
      if (entry.list == "output") {
        const auto ids = ids_in(download(*job, entry.file));
        EXPECT_EQ(std::to_string(ids.size()), entry.count);
        out.insert(out.end(), ids.begin(), ids.end());
      }
    (void)exporter_->cancel(client_, *job);
    return out;
  }
  Ids ids_in(std::string_view lines) {
    Ids out;
    while (!lines.empty()) {
      const auto end = lines.find('\n');
      const auto document = json::parse(lines.substr(0, end)).value();
      out.push_back(std::string(document.root.string("resourceType")) + "/" +
                    std::string(document.root.string("id")));
      lines.remove_prefix(end + 1);
    }
    return out;
  }

  security::Permit client_ = make_client_permit("ehr", "system/*.rs", {"east"});
  std::optional<Exporter> exporter_;
};

TEST_F(ExportTest, TheWholeLoopShowsOneMoment) {
  const auto p1 = create_patient();
  const auto p2 = create_patient();
  const auto o1 = create_observation(p1);
  const auto job = exporter_->kick_off(client_, input()).value();
  // What is written from here on is not in it, and what is changed is in it as it was.
  const auto late = create_patient();
  ASSERT_TRUE(put(p1, patient_of(R"("active":false)", p1)));
  ASSERT_TRUE(remove("Observation", o1));
  const auto done = wait_for(job);
  const auto document = json::parse(done.manifest).value();
  EXPECT_EQ(document.root.string("request"), "https://gw/fhir/$export");
  EXPECT_EQ(document.root.find("requiresAccessToken")->text(), "true");
  const auto files = entries(done);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].file, "Observation-1.ndjson");
  EXPECT_EQ(files[1].count, "2");
  const auto patients = download(job, files[1].file);
  EXPECT_THAT(patients, AllOf(HasSubstr(R"("active":true)"), Not(HasSubstr("false")),
                              Not(HasSubstr(late)), HasSubstr(R"("versionId":"1")")));
  EXPECT_EQ(ids_in(patients), (Ids{"Patient/" + p1, "Patient/" + p2}));
  EXPECT_EQ(ids_in(download(job, files[0].file)), Ids{"Observation/" + o1});
  restart();
  EXPECT_EQ(download(job, files[1].file), patients);
}

TEST_F(ExportTest, AJobGoesOnAfterARestart) {
  const auto p1 = create_patient();
  // As it lies there when the process ended before anything was counted.
  const auto kept = store_->put_export_job({.id = "lost",
                                            .client = ClientId("ehr"),
                                            .scopes = "system/*.rs",
                                            .parameters = encode_export_request({})},
                                           clock_.now(), 9);
  ASSERT_TRUE(kept.value());
  create_patient();
  EXPECT_TRUE(std::holds_alternative<ExportProgress>(exporter_->status(client_, "lost").value()));
  restart();
  ASSERT_TRUE(exporter_->resume());
  EXPECT_EQ(entries(wait_for("lost")).size(), 1U);
  EXPECT_EQ(ids_in(download("lost", "Patient-1.ndjson")), Ids{"Patient/" + p1});
}

TEST_F(ExportTest, NobodyElseSeesTheJob) {
  create_patient();
  const auto job = exporter_->kick_off(client_, input()).value();
  (void)wait_for(job);
  const auto other = make_client_permit("other", "system/*.rs", {"east"});
  EXPECT_EQ(category(exporter_->status(other, job)), Category::kNotFound);
  EXPECT_EQ(category(exporter_->cancel(other, job)), Category::kNotFound);
  EXPECT_EQ(category(exporter_->open(other, job, "Patient-1.ndjson")), Category::kNotFound);
  EXPECT_EQ(category(exporter_->status(client_, "nothing")), Category::kNotFound);
  EXPECT_EQ(category(exporter_->open(client_, job, "Patient-2.ndjson")), Category::kNotFound);
  EXPECT_EQ(category(exporter_->open(client_, job, "../x")), Category::kNotFound);
  // The permit of who downloads counts, not that of the kick-off.
  const auto narrow = make_client_permit("ehr", "system/Observation.rs", {"east"});
  EXPECT_EQ(category(exporter_->open(narrow, job, "Patient-1.ndjson")), Category::kForbidden);
  const auto west = make_client_permit("ehr", "system/*.rs", {"west"});
  EXPECT_EQ(download(job, "Patient-1.ndjson", &west), "");
  EXPECT_THAT(run(input()), Not(IsEmpty()));
  exporter_->cancel(client_, job).value();
  EXPECT_EQ(category(exporter_->status(client_, job)), Category::kNotFound);
  EXPECT_EQ(category(exporter_->open(client_, job, "Patient-1.ndjson")), Category::kNotFound);
}

TEST_F(ExportTest, ScopesBoundTheTypes) {
  const auto p1 = create_patient();
  create_observation(p1);
  client_ = make_client_permit("ehr", "system/Patient.rs system/Encounter.r", {"east"});
  EXPECT_THAT(run(input()), ElementsAre("Patient/" + p1));
  EXPECT_EQ(category(exporter_->kick_off(client_, input({{"_type", "Patient,Observation"}}))),
            Category::kForbidden);
  EXPECT_EQ(category(exporter_->kick_off(client_, input({{"_type", "Encounter"}}))),
            Category::kForbidden)
      << "reading by id is not finding everything";
  auto lenient = input({{"_type", "Patient,Observation"}});
  lenient.handling = Handling::kLenient;
  const auto job = exporter_->kick_off(client_, lenient).value();
  const auto files = entries(wait_for(job));
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].list, "error");
  EXPECT_EQ(files[1].type, "OperationOutcome");
  EXPECT_THAT(download(job, files[1].file),
              AllOf(HasSubstr("OperationOutcome"), HasSubstr("_type")));
  client_ = make_client_permit("ehr", "system/Encounter.c", {"east"});
  EXPECT_EQ(category(exporter_->kick_off(client_, input())), Category::kForbidden);
}

TEST_F(ExportTest, JobsExpireAndAreBounded) {
  restart({.jobs_per_client = 2, .lifetime = std::chrono::seconds(60)});
  create_patient();
  const auto first = exporter_->kick_off(client_, input()).value();
  const auto second = exporter_->kick_off(client_, input()).value();
  EXPECT_EQ(category(exporter_->kick_off(client_, input())), Category::kThrottled);
  const auto done = wait_for(first);
  (void)wait_for(second);
  EXPECT_LE(done.expires, clock_.now() + std::chrono::seconds(60));
  clock_.advance(std::chrono::seconds(59));
  EXPECT_TRUE(exporter_->status(client_, second));
  clock_.advance(std::chrono::seconds(200));
  EXPECT_EQ(category(exporter_->status(client_, first)), Category::kNotFound);
  EXPECT_EQ(category(exporter_->open(client_, first, "Patient-1.ndjson")), Category::kNotFound);
  EXPECT_TRUE(exporter_->kick_off(client_, input()));
}

TEST_F(ExportTest, LargeTypesHaveSeveralFiles) {
  restart({.part_resources = 3});
  Ids all;
  for (int i = 0; i < 7; ++i) all.push_back("Patient/" + create_patient());
  const auto job = exporter_->kick_off(client_, input()).value();
  const auto files = entries(wait_for(job));
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[2].count, "1");
  EXPECT_EQ(files[2].file, "Patient-3.ndjson");
  EXPECT_EQ(run(input()), all);
}

TEST_F(ExportTest, SinceAndUntilBoundTheTimeAndTellOfDeletions) {
  const auto old = create_patient();
  const auto gone = create_patient();
  const auto first = exporter_->kick_off(client_, input()).value();
  const auto manifest = wait_for(first).manifest;
  const auto time = std::string(json::parse(manifest).value().root.string("transactionTime"));
  const auto young = create_patient();  // in the same millisecond of the clock
  ASSERT_TRUE(remove("Patient", gone));
  EXPECT_THAT(run(input({{"_since", time}})), ElementsAre("Patient/" + young));
  EXPECT_THAT(run(input({{"_until", "2020-01-01T00:00:00Z"}})), IsEmpty());
  EXPECT_THAT(run(input({{"_until", "2090-01-01T00:00:00Z"}})),
              UnorderedElementsAre("Patient/" + old, "Patient/" + young));
  const auto job = exporter_->kick_off(client_, input({{"_since", time}})).value();
  const auto files = entries(wait_for(job));
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].list, "deleted");
  EXPECT_EQ(files[1].type, "Bundle");
  EXPECT_EQ(
      download(job, files[1].file),
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE",)"
      R"("url":"Patient/)" +
          gone + "\"}}]}\n");
}

TEST_F(ExportTest, FiltersAreSearchesJoinedByOr) {
  const auto p1 = create_patient();
  const auto a = create_observation(p1, "a");
  const auto b = create_observation(p1, "b");
  create_observation(p1, "c");
  EXPECT_THAT(run(input({{"_type", "Observation,Patient"},
                         {"_typeFilter", "Observation?code=urn:x|a"},
                         {"_typeFilter", "Observation?code=b&status=final"}})),
              UnorderedElementsAre("Observation/" + a, "Observation/" + b, "Patient/" + p1));
  EXPECT_THAT(
      run(input({{"_typeFilter", "Observation?code=a&status=amended"}, {"_type", "Observation"}})),
      IsEmpty());
}

TEST_F(ExportTest, ElementsLeaveOutTheRest) {
  const auto p1 = create_patient();
  create_observation(p1);
  const auto job =
      exporter_->kick_off(client_, input({{"_elements", "Observation.status,active"}})).value();
  (void)wait_for(job);
  const auto observation = download(job, "Observation-1.ndjson");
  EXPECT_THAT(observation, AllOf(HasSubstr(R"("status":"final")"), HasSubstr(R"("code":{)"),
                                 HasSubstr("SUBSETTED"), Not(HasSubstr("subject"))));
  EXPECT_THAT(download(job, "Patient-1.ndjson"), HasSubstr(R"("active":true)"));
}

TEST_F(ExportTest, PatientsAndGroupsAreCompartments) {
  const auto p1 = create_patient();
  const auto p2 = create_patient();
  const auto p3 = create_patient();
  const auto o1 = create_observation(p1);
  const auto o2 = create_observation(p2);
  ASSERT_TRUE(post(R"({"resourceType":"Organization","name":"A"})"));
  const auto group = create_group({p1, p3});
  const auto p = [](const std::string& id) { return "Patient/" + id; };
  const auto o = [](const std::string& id) { return "Observation/" + id; };
  EXPECT_THAT(run(input({{"_type", "Observation,Patient,Organization"}}, ExportLevel::kPatient)),
              UnorderedElementsAre(o(o1), o(o2), p(p1), p(p2), p(p3)));
  auto of_group = input({{"_type", "Observation,Patient"}}, ExportLevel::kGroup);
  of_group.group = group;
  EXPECT_THAT(run(of_group), UnorderedElementsAre(o(o1), p(p1), p(p3)));
  const auto body = [&](const std::string& id) {
    return R"({"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":)"
           R"({"reference":"Patient/)" +
           id + "\"}}]}";
  };
  const auto only_p1 = body(p1);
  const auto only_p2 = body(p2);
  of_group.body = only_p1;
  EXPECT_THAT(run(of_group), UnorderedElementsAre(o(o1), p(p1)));
  of_group.body = only_p2;
  EXPECT_EQ(category(exporter_->kick_off(client_, of_group)), Category::kInvalidRequest);
  of_group.body.reset();
  of_group.group = "nobody";
  EXPECT_EQ(category(exporter_->kick_off(client_, of_group)), Category::kNotFound);
  EXPECT_EQ(category(exporter_->kick_off(
                client_, input({{"_type", "Organization"}}, ExportLevel::kPatient))),
            Category::kInvalidRequest);
  // Who joins later is not in an export that was asked for before.
  of_group.group = group;
  const auto job = exporter_->kick_off(client_, of_group).value();
  ASSERT_TRUE(put(group, R"({"resourceType":"Group","id":")" + group +
                             R"(","type":"person","actual":true,"member":[{"entity":)"
                             R"({"reference":"Patient/)" +
                             p2 + "\"}}]}"));
  (void)wait_for(job);
  EXPECT_THAT(ids_in(download(job, "Patient-1.ndjson")), UnorderedElementsAre(p(p1), p(p3)));
  EXPECT_THAT(run(of_group), UnorderedElementsAre(o(o2), p(p2)));
}

TEST_F(ExportTest, PollingTooOftenIsThrottled) {
  const auto kept = store_->put_export_job({.id = "long",
                                            .client = ClientId("ehr"),
                                            .scopes = "system/*.rs",
                                            .parameters = encode_export_request({})},
                                           clock_.now(), 9);
  ASSERT_TRUE(kept.value());  // and nobody counts it
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(exporter_->status(client_, "long")) << i;
  EXPECT_EQ(category(exporter_->status(client_, "long")), Category::kThrottled);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(exporter_->status(client_, "long"));
  EXPECT_EQ(category(exporter_->status(client_, "long")), Category::kThrottled);
  clock_.advance(std::chrono::hours(1));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(exporter_->status(client_, "long")) << i;
  EXPECT_EQ(category(exporter_->status(client_, "long")), Category::kThrottled);
}

}  // namespace
}  // namespace kap::gateway::service

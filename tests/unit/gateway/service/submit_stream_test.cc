#include "gateway/service/submit_stream.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "gateway/service/dead_letters.h"
#include "gateway/service/read.h"
#include "gateway/service/retire.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;

class SubmitStreamTest : public ClinicTest {
 protected:
  std::string body(std::string_view type, std::string_view id) {
    auto found = read(reader_permit_, *reader_, type, ResourceId(std::string(id)));
    return found ? found->json
                 : fmt::format("error {}", static_cast<int>(found.error().category()));
  }
};

TEST_F(SubmitStreamTest, TakesARecordRightAfterTheOneItNames) {
  std::vector<std::string> records;
  for (int i = 0; i < 60; ++i) {
    records.push_back(patient(fmt::format("p{}", i)));
    records.push_back(observations(fmt::format("s{}", i), 1, fmt::format("p{}", i), {"a", "b"}));
  }
  const auto receipts = submit(records);
  ASSERT_EQ(receipts.size(), 120U);
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    EXPECT_EQ(receipts[i].ordinal, i + 1);
    EXPECT_EQ(receipts[i].verdict, Verdict::kAccepted);
    EXPECT_EQ(receipts[i].resources.size(), i % 2 == 0 ? 1U : 2U);
  }
  EXPECT_THAT(body("Observation", "s59.b"), HasSubstr(R"("versionId":"1")"));
}

TEST_F(SubmitStreamTest, RefusesWithEveryPathAndGoesOn) {
  const auto receipts = submit(
      {R"({"clinic":"east","kind":"patient","id":"x","revision":1,"breaks":["a.b","a.c[2]"]})",
       "no record", patient("p1"), R"({"clinic":"west","kind":"patient","id":"x","revision":1})"});
  ASSERT_EQ(receipts.size(), 4U);
  EXPECT_EQ(receipts[0].verdict, Verdict::kInvalid);
  ASSERT_EQ(receipts[0].violations.size(), 2U);
  EXPECT_EQ(receipts[0].violations[1].expression, "a.c[2]");
  EXPECT_EQ(receipts[1].verdict, Verdict::kInvalid);
  EXPECT_EQ(receipts[2].verdict, Verdict::kAccepted);
  EXPECT_EQ(receipts[3].verdict, Verdict::kForbiddenClinic);
  EXPECT_EQ(receipts[3].violations[0].expression, "clinic_id");
  const auto kept = list_dead_letters(*intake_, clinic_, ClinicId("east"), {}).value();
  ASSERT_EQ(kept.size(), 2U);
  // Two refusals of one stream are kept in the order in which the pool came to them.
  const auto& first = kept[0].letter.key.name.id.text() == "x" ? kept[0] : kept[1];
  EXPECT_EQ(first.refusal.violations.size(), 2U);
  EXPECT_EQ(first.refusal.violations[0].code, IssueType::kRequired);
}

TEST_F(SubmitStreamTest, KeepsTheOrderOfRevisionsWithinAStream) {
  std::vector<std::string> records;
  for (int revision = 1; revision <= 20; ++revision)
    records.push_back(patient("p1", revision, fmt::format("Name{}", revision)));
  for (const auto& receipt : submit(records)) EXPECT_EQ(receipt.verdict, Verdict::kAccepted);
  EXPECT_THAT(body("Patient", "p1"), HasSubstr("Name20"));
  EXPECT_THAT(body("Patient", "p1"), HasSubstr(R"("versionId":"20")"));
}

TEST_F(SubmitStreamTest, AnswersAReplayWithTheFirstReceipt) {
  const auto first = submit_one(patient("p1"));
  ASSERT_EQ(submit_one(patient("p1", 2)).verdict, Verdict::kAccepted);
  const auto again = submit_one(patient("p1"));
  EXPECT_EQ(again.verdict, Verdict::kDuplicate);
  EXPECT_EQ(again.resources, first.resources);
  const auto changed = submit_one(patient("p1", 2, "Other"));
  EXPECT_EQ(changed.verdict, Verdict::kRevisionConflict);
  EXPECT_EQ(changed.violations[0].expression, "revision");
  ASSERT_EQ(submit_one(patient("p1", 5)).verdict, Verdict::kAccepted);
  EXPECT_EQ(submit_one(patient("p1", 4)).verdict, Verdict::kStaleRevision);
}

TEST_F(SubmitStreamTest, AppliesAWaitingRecordByItself) {
  const auto early =
      submit({observations("s1", 1, "p1", {"a"}), observations("s2", 1, "p1", {"a"})});
  EXPECT_EQ(early[0].verdict, Verdict::kMissingRecord);
  ASSERT_EQ(early[0].missing.size(), 1U);
  EXPECT_EQ(early[0].violations[0].expression, "treatment_session.patient_id");
  EXPECT_EQ(list_waiting(*intake_, clinic_, ClinicId("east"), {}).value().size(), 2U);
  EXPECT_EQ(submit_one(patient("p1")).verdict, Verdict::kAccepted);
  ASSERT_TRUE(wait_for_none_pending());
  EXPECT_THAT(body("Observation", "s1.a"), HasSubstr("Patient/p1"));
  EXPECT_THAT(body("Observation", "s2.a"), HasSubstr("Patient/p1"));
}

TEST_F(SubmitStreamTest, MarksWhatARevisionNoLongerYields) {
  submit({patient("p1"), observations("s1", 1, "p1", {"a", "b"})});
  const auto second = submit_one(observations("s1", 2, "p1", {"b"}));
  EXPECT_EQ(second.resources.size(), 2U);
  EXPECT_THAT(body("Observation", "s1.a"), HasSubstr(R"("status":"entered-in-error")"));
  EXPECT_THAT(body("Observation", "s1.a"), HasSubstr(R"("versionId":"2")"));
  EXPECT_THAT(body("Observation", "s1.b"), HasSubstr(R"("status":"final")"));
  // It is marked once, and comes back when a revision yields it again.
  EXPECT_EQ(submit_one(observations("s1", 3, "p1", {"b"})).resources.size(), 1U);
  submit_one(observations("s1", 4, "p1", {"a", "b"}));
  EXPECT_THAT(body("Observation", "s1.a"), HasSubstr(R"("status":"final")"));
}

TEST_F(SubmitStreamTest, RetractsAllARecordYieldedAndTakesNoFurtherRevision) {
  const std::string retraction =
      R"({"clinic":"east","kind":"retraction","id":"r1","revision":1,)"
      R"("retracts":{"kind":"treatment_session","id":"s1","reason":"wrong-patient"}})";
  EXPECT_EQ(submit_one(retraction).verdict, Verdict::kMissingRecord);
  submit({patient("p1"), observations("s1", 1, "p1", {"a", "b"})});
  ASSERT_TRUE(wait_for_none_pending());
  for (const auto* id : {"s1.a", "s1.b"}) {
    EXPECT_THAT(body("Observation", id), HasSubstr("entered-in-error"));
    EXPECT_THAT(body("Observation", id), HasSubstr("wrong-patient"));
  }
  const auto later = submit_one(observations("s1", 2, "p1", {"a"}));
  EXPECT_EQ(later.verdict, Verdict::kRetracted);
  EXPECT_EQ(later.violations[0].expression, "revision");
}

TEST_F(SubmitStreamTest, MergesTwoPatientsAndKeepsTheLinksOverRevisions) {
  const auto receipts = submit(
      {patient("p1"), patient("p2"),
       R"({"clinic":"east","kind":"patient_merge","id":"m1","revision":1,"merges":["p1","p2"]})"});
  EXPECT_EQ(receipts[2].verdict, Verdict::kAccepted);
  EXPECT_EQ(receipts[2].resources.size(), 2U);
  EXPECT_THAT(body("Patient", "p2"), HasSubstr(R"("active":false)"));
  EXPECT_THAT(body("Patient", "p2"),
              HasSubstr(R"("link":[{"other":{"reference":"Patient/p1"},"type":"replaced-by"}])"));
  submit({patient("p1", 2, "New"), patient("p2", 2, "New")});
  EXPECT_THAT(body("Patient", "p1"), HasSubstr("replaces"));
  EXPECT_THAT(body("Patient", "p2"), HasSubstr(R"("active":false)"));
  EXPECT_THAT(body("Patient", "p2"), HasSubstr("New"));
}

TEST_F(SubmitStreamTest, ReplaysDeadLetters) {
  submit({"not yet", R"({"clinic":"east","kind":"patient","id":"x","revision":1,"breaks":["a"]})"});
  std::vector<Receipt> receipts;
  ASSERT_TRUE(replay_dead_letters(*intake_, clinic_, ClinicId("east"), {},
                                  [&receipts](const Receipt& one) { receipts.push_back(one); }));
  EXPECT_EQ(receipts.size(), 2U);
  const auto kept = list_dead_letters(*intake_, clinic_, ClinicId("east"), {}).value();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_GT(kept[0].letter.number, static_cast<std::int64_t>(receipts[1].ordinal));
  EXPECT_FALSE(replay_dead_letters(*intake_, clinic_, ClinicId("west"), {}, [](const auto&) {}));
}

TEST_F(SubmitStreamTest, TwoStreamsOfOneRecordAgree) {
  // Each stream sends the same revisions; whoever comes second is answered as a replay or refused
  // as lower, and the last revision wins either way.
  std::vector<std::string> records;
  for (int revision = 1; revision <= 15; ++revision) records.push_back(patient("p1", revision));
  std::thread other([&] { submit(records); });
  const auto receipts = submit(records);
  other.join();
  for (const auto& receipt : receipts)
    EXPECT_THAT(receipt.verdict,
                ::testing::AnyOf(Verdict::kAccepted, Verdict::kDuplicate, Verdict::kStaleRevision));
  EXPECT_THAT(body("Patient", "p1"), HasSubstr(R"("versionId":)"));
  EXPECT_TRUE(is_acceptance(submit_one(patient("p1", 15)).verdict));
}

}  // namespace
}  // namespace kap::gateway::service

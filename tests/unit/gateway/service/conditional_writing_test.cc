#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>
#include <set>
#include <vector>

#include "gateway/service/search_type.h"
#include "tests/unit/gateway/service/writing_fixture.h"

namespace kap::gateway::service {
namespace {

class ConditionalWritingTest : public WritingTest {
 protected:
  std::uint64_t patients() {
    SearchRequest request;
    request.type = "Patient";
    request.parameters = {{"_summary", "count"}};
    return search_type(ehr_, *reader_, request).value().total.value();
  }
  Result<WriteAnswer> remove_where(std::string_view where, store::Precondition if_match = {}) {
    return delete_resource(ehr_, writer_,
                           {.type = "Patient", .criteria = criteria(where), .if_match = if_match});
  }
};

TEST_F(ConditionalWritingTest, ACreateIsOnlyDoneWhereNothingMatches) {
  const auto made = post(std::string(kNamed), "identifier=urn:mrn%7C7").value();
  EXPECT_EQ(made.result, WriteResult::kCreated);
  const auto found = post(std::string(kNamed), "?identifier=urn:mrn|7").value();
  EXPECT_EQ(found.result, WriteResult::kFound);
  EXPECT_EQ(found.resource.id, made.resource.id);
  EXPECT_EQ(found.resource.json, made.resource.json);
  ASSERT_TRUE(post(std::string(kNamed)));
  const auto many = post(std::string(kNamed), "Patient?identifier=urn:mrn|7");
  ASSERT_EQ(category(many), Category::kPreconditionFailed);
  EXPECT_EQ(many.error().issues().front().code, IssueType::kMultipleMatches);
  EXPECT_EQ(patients(), 2U);
}

TEST_F(ConditionalWritingTest, CriteriaAreNeverIgnored) {
  for (const auto* bad : {"", "identifier", "nonsense=1", "identifier=a&colour=red", "birthdate=x",
                          "_sort=name", "identifier=a&_count=1", "identifier=a&_include=Patient:*"})
    EXPECT_EQ(category(post(std::string(kNamed), bad)), Category::kInvalidRequest) << bad;
  EXPECT_EQ(category(parse_criteria("identifier=%7")), Category::kInvalidRequest);
  EXPECT_EQ(category(parse_criteria("identifier=%zz")), Category::kInvalidRequest);
  EXPECT_EQ(patients(), 0U);
}

TEST_F(ConditionalWritingTest, CriteriaAreDecoded) {
  const auto pairs = parse_criteria("Patient?a=b%26c&d=e+f&g&&h=%C3%A9=").value();
  const Criteria expected{{"a", "b&c"}, {"d", "e f"}, {"g", ""}, {"h", "\xC3\xA9="}};
  EXPECT_EQ(pairs, expected);
  EXPECT_EQ(parse_criteria("identifier=urn:a?b").value(), (Criteria{{"identifier", "urn:a?b"}}));
}

TEST_F(ConditionalWritingTest, AChainLeadsOnlyOverWhatTheCallerMayRead) {
  const auto doctor =
      post(R"({"resourceType":"Practitioner","name":[{"family":"Kim"}]})")->resource.id.text();
  ASSERT_TRUE(post(patient_of(
      fmt::format(R"("generalPractitioner":[{{"reference":"Practitioner/{}"}}])", doctor))));
  const auto* where = "general-practitioner:Practitioner.family=Kim";
  EXPECT_EQ(post(std::string(kNamed), where)->result, WriteResult::kFound);
  const auto narrow = make_permit("system/Patient.cruds", {"east"});
  EXPECT_EQ(post(std::string(kNamed), where, &narrow)->result, WriteResult::kCreated);
}

TEST_F(ConditionalWritingTest, AnUpdateFindsItsResource) {
  const auto made = put_where("identifier=urn:mrn|7", std::string(kNamed)).value();
  EXPECT_EQ(made.result, WriteResult::kCreated);
  const auto id = made.resource.id.text();
  const auto members = R"("identifier":[{"system":"urn:mrn","value":"7"}],"active":true)";
  EXPECT_EQ(put_where("identifier=urn:mrn|7", patient_of(members))->resource.id.text(), id);
  EXPECT_EQ(put_where("identifier=urn:mrn|7", patient_of(members, id))->result,
            WriteResult::kUnchanged);
  EXPECT_EQ(category(put_where("identifier=urn:mrn|7", patient_of(members, "other"))),
            Category::kInvalidRequest);
  EXPECT_EQ(category(put_where("identifier=urn:mrn|7", patient_of(""), store::Version{1})),
            Category::kPreconditionFailed);
  EXPECT_EQ(patients(), 1U);
}

TEST_F(ConditionalWritingTest, AnUpdateWithoutAMatchNamesOnlyForThoseWhoMay) {
  EXPECT_EQ(category(put_where("identifier=urn:mrn|8", patient_of("", "mine"))),
            Category::kNotFound);
  EXPECT_EQ(put_where("identifier=urn:mrn|8", patient_of("", "mine"), {}, &namer_)->resource.id,
            ResourceId("mine"));
  // Now the id is there, and the criteria still match nothing.
  EXPECT_EQ(category(put_where("identifier=urn:mrn|8", patient_of("", "mine"), {}, &namer_)),
            Category::kConflict);
}

TEST_F(ConditionalWritingTest, ADeleteTakesTheOnlyMatch) {
  EXPECT_EQ(remove_where("identifier=urn:mrn|7")->result, WriteResult::kAbsent);
  const auto id = post(std::string(kNamed))->resource.id.text();
  EXPECT_EQ(category(remove_where("identifier=urn:mrn|7", store::Version{2})),
            Category::kPreconditionFailed);
  EXPECT_EQ(remove_where("identifier=urn:mrn|7")->resource.id.text(), id);
  ASSERT_TRUE(post(std::string(kNamed)) && post(std::string(kNamed)));
  EXPECT_EQ(category(remove_where("identifier=urn:mrn|7")), Category::kPreconditionFailed);
  EXPECT_EQ(category(remove_where("")), Category::kInvalidRequest);
  EXPECT_EQ(patients(), 2U);
}

class SimultaneousCreates : public ConditionalWritingTest,
                            public ::testing::WithParamInterface<int> {};

TEST_P(SimultaneousCreates, MakeOneResource) {
  for (int round = 0; round < 5; ++round) {
    const auto members =
        fmt::format(R"("identifier":[{{"system":"urn:mrn","value":"r{}"}}])", round);
    const auto where = fmt::format("identifier=urn:mrn|r{}", round);
    std::promise<void> start;
    const std::shared_future<void> started = start.get_future();
    std::vector<std::future<Result<WriteAnswer>>> creates;
    for (int i = 0; i < GetParam(); ++i)
      creates.push_back(std::async(std::launch::async, [&] {
        started.wait();
        return post(patient_of(members), where);
      }));
    start.set_value();
    std::set<std::string> ids;
    int created = 0;
    for (auto& one : creates) {
      const auto answer = one.get();
      ASSERT_TRUE(answer) << answer.error().summary();
      created += answer->result == WriteResult::kCreated ? 1 : 0;
      ids.insert(answer->resource.id.text());
    }
    EXPECT_EQ(created, 1);
    EXPECT_EQ(ids.size(), 1U);
  }
  EXPECT_EQ(patients(), 5U);
}
INSTANTIATE_TEST_SUITE_P(Of, SimultaneousCreates, ::testing::Values(2, 16));

}  // namespace
}  // namespace kap::gateway::service

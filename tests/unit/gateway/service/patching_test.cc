#include <gmock/gmock.h>

#include "gateway/service/patch_resource.h"
#include "tests/unit/gateway/service/writing_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PatchingTest : public WritingTest {
 protected:
  PatchingTest() : id_(post(patient_of(R"("active":true,"gender":"other")"))->resource.id.text()) {}

  Result<WriteAnswer> patch(std::string_view text, store::Precondition if_match = {},
                            const security::Permit* permit = nullptr,
                            PatchFormat format = PatchFormat::kJsonPatch) {
    return patch_resource(permit == nullptr ? ehr_ : *permit, writer_,
                          {.type = "Patient",
                           .id = ResourceId(id_),
                           .if_match = if_match,
                           .patch = parse_patch(format, text, "Patient").value()});
  }
  std::string id_;
};

TEST_F(PatchingTest, AJsonPatchMakesTheNextVersion) {
  const auto answer = patch(R"([{"op":"replace","path":"/active","value":false}])").value();
  EXPECT_EQ(answer.result, WriteResult::kUpdated);
  EXPECT_EQ(answer.resource.version, 2U);
  EXPECT_THAT(get("Patient", id_)->json, HasSubstr(R"("active":false)"));
}

TEST_F(PatchingTest, AFhirPathPatchDoes) {
  const auto answer = patch(
      R"({"resourceType":"Parameters","parameter":[{"name":"operation","part":[)"
      R"({"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.gender"},)"
      R"({"name":"value","valueCode":"female"}]}]})",
      {}, nullptr, PatchFormat::kFhirPathPatch);
  ASSERT_TRUE(answer) << answer.error().summary();
  EXPECT_THAT(get("Patient", id_)->json, HasSubstr(R"("gender":"female")"));
}

TEST_F(PatchingTest, WhatIsPatchedIsChecked) {
  const auto refused = patch(R"([{"op":"replace","path":"/gender","value":"m"}])");
  ASSERT_EQ(category(refused), Category::kUnprocessable);
  EXPECT_EQ(refused.error().issues().front().expression, "Patient.gender");
  EXPECT_EQ(category(patch(R"([{"op":"remove","path":"/name"}])")), Category::kUnprocessable);
  EXPECT_EQ(category(patch(R"([{"op":"replace","path":"/id","value":"x"}])")),
            Category::kUnprocessable);
  EXPECT_EQ(category(patch(R"([{"op":"replace","path":"/resourceType","value":"Group"}])")),
            Category::kUnprocessable);
  EXPECT_EQ(get("Patient", id_)->version, 1U);
}

TEST_F(PatchingTest, IsTiedToAVersionByIfMatch) {
  const auto* text = R"([{"op":"remove","path":"/gender"}])";
  EXPECT_EQ(category(patch(text, store::Version{2})), Category::kPreconditionFailed);
  EXPECT_EQ(patch(text, store::Version{1})->resource.version, 2U);
}

TEST_F(PatchingTest, ATestAloneChangesNothing) {
  EXPECT_EQ(patch(R"([{"op":"test","path":"/active","value":true}])")->result,
            WriteResult::kUnchanged);
  EXPECT_EQ(category(patch(R"([{"op":"test","path":"/active","value":false}])")),
            Category::kUnprocessable);
}

TEST_F(PatchingTest, WhatIsNotSeenIsNotThere) {
  const auto* text = R"([{"op":"remove","path":"/gender"}])";
  const auto foreign = patch(text, {}, &west_);
  EXPECT_EQ(category(foreign), Category::kNotFound);
  ASSERT_TRUE(remove("Patient", id_));
  EXPECT_EQ(category(patch(text)), Category::kGone);
  id_ = "never";
  EXPECT_EQ(patch(text).error().summary(), foreign.error().summary());
}

TEST_F(PatchingTest, ShowsTheResourceOnlyToThoseWhoMayReadIt) {
  const auto updating = make_permit("system/Patient.u", {"east"});
  const auto answer =
      patch(R"([{"op":"replace","path":"/active","value":false}])", {}, &updating).value();
  EXPECT_EQ(answer.resource.version, 2U);
  EXPECT_THAT(answer.resource.json, IsEmpty());
}

TEST_F(PatchingTest, FindsItsResourceByCriteria) {
  ASSERT_TRUE(post(std::string(kNamed)));
  const auto run = [&](std::string_view where) {
    return patch_resource(
        ehr_, writer_,
        {.type = "Patient",
         .criteria = criteria(where),
         .patch = parse_patch(PatchFormat::kJsonPatch,
                              R"([{"op":"add","path":"/active","value":false}])", "Patient")
                      .value()});
  };
  EXPECT_EQ(run("identifier=urn:mrn|7")->result, WriteResult::kUpdated);
  EXPECT_EQ(category(run("identifier=urn:mrn|8")), Category::kNotFound);
  EXPECT_EQ(category(run("_lastUpdated=gt2000")), Category::kPreconditionFailed);
}

TEST_F(PatchingTest, WhatIsNoPatchIsRefusedAtOnce) {
  for (const auto* bad : {"", "{", "{}", "[1]", R"([{"op":"jump","path":"/a"}])"})
    EXPECT_EQ(category(parse_patch(PatchFormat::kJsonPatch, bad, "Patient")),
              Category::kInvalidRequest)
        << bad;
  for (const auto* bad : {"[]", R"({"resourceType":"Patient"})"})
    EXPECT_EQ(category(parse_patch(PatchFormat::kFhirPathPatch, bad, "Patient")),
              Category::kInvalidRequest)
        << bad;
}

}  // namespace
}  // namespace kap::gateway::service

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "gateway/service/operations/operations.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A record of one resource, whose `id` is also the record's.
std::string record(std::string_view id, std::string_view type, std::string_view members) {
  return fmt::format(R"({{"clinic":"east","kind":"OBSERVATION","id":"{0}","revision":1,)"
                     R"("resources":[{{"resourceType":"{1}","id":"{0}","meta":{{"tag":[{{)"
                     R"("code":"x"}}]}},{2}}}]}})",
                     id, type, members);
}

class LastnTest : public ClinicTest {
 protected:
  void observe(std::string_view id, std::string_view time, std::string_view code) {
    submit({record(id, "Observation",
                   fmt::format(R"("status":"final","subject":{{"reference":"Patient/p1"}},)"
                               R"("category":[{{"coding":[{{"code":"vital-signs"}}]}}],)"
                               R"("effectiveDateTime":"{}","code":{{{}}})",
                               time, code))});
  }
  Result<std::string> call(const OperationDef& operation, const Pairs& query) {
    const OperationContext context{.reader = *reader_};
    KAP_TRY(auto answer,
            run_operation(reader_permit_, context, operation,
                          {.type = operation.types.front(), .input = {.query = query}}));
    return answer.json;
  }
  /// The ids of the Bundle's entries.
  std::vector<std::string> ids(const OperationDef& operation, const Pairs& query) {
    const auto json = call(operation, query);
    EXPECT_TRUE(json) << json.error().summary();
    std::vector<std::string> out;
    if (!json) return out;
    const auto bundle = fhir::json::parse(*json).value();
    EXPECT_EQ(bundle.root.string("type"), "searchset");
    if (const auto* entries = bundle.root.find("entry"))
      for (const auto& entry : entries->items())
        out.emplace_back(entry.find("resource")->string("id"));
    return out;
  }

  static constexpr std::string_view kA = R"("coding":[{"system":"s","code":"a"}])";
  static constexpr std::string_view kB = R"("coding":[{"system":"s","code":"b"}])";
  static constexpr std::string_view kBoth =
      R"("coding":[{"system":"s","code":"a"},{"system":"s","code":"b"}])";
  const Pairs by_category_{{"patient", "p1"}, {"category", "vital-signs"}};
};

TEST_F(LastnTest, GivesTheNewestOfEachCode) {
  observe("a1", "2026-01-01T10:00:00Z", kA);
  observe("a2", "2026-01-02T10:00:00Z", kA);
  observe("b1", "2026-01-01T09:00:00Z", kB);
  observe("t1", "2026-01-01T08:00:00Z", R"("text":"t")");
  observe("t2", "2026-01-01T07:00:00Z", R"("text":"T")");
  EXPECT_THAT(ids(kLastn, by_category_), ElementsAre("a2", "b1", "t1", "t2"));
  auto query = by_category_;
  query.emplace_back("max", "2");
  EXPECT_THAT(ids(kLastn, query), ElementsAre("a2", "a1", "b1", "t1", "t2"));
  query.emplace_back("code", "s|a");
  EXPECT_THAT(ids(kLastn, query), ElementsAre("a2", "a1"));
}

TEST_F(LastnTest, CodesStatedTogetherAreOneGroupEvenWhenSaidLast) {
  observe("a1", "2026-01-03T10:00:00Z", kA);
  observe("b1", "2026-01-02T10:00:00Z", kB);
  observe("ab", "2026-01-01T10:00:00Z", kBoth);
  EXPECT_THAT(ids(kLastn, by_category_), ElementsAre("a1"));
}

TEST_F(LastnTest, ATieGivesBoth) {
  observe("a1", "2026-01-01T10:00:00Z", kA);
  observe("a2", "2026-01-01T05:00:00-05:00", kA);
  observe("a3", "2026-01-01T09:00:00Z", kA);
  EXPECT_THAT(ids(kLastn, by_category_), UnorderedElementsAre("a1", "a2"));
}

TEST_F(LastnTest, DemandsASubjectAndACode) {
  const auto refused = [&](const Pairs& query) {
    const auto answer = call(kLastn, query);
    return answer ? "" : answer.error().issues().front().expression;
  };
  EXPECT_EQ(refused({{"category", "vital-signs"}}), "patient");
  EXPECT_EQ(refused({{"patient", "p1"}}), "code");
  EXPECT_EQ(refused({{"patient", "p1"}, {"code", "a"}, {"_sort", "date"}}), "_sort");
  EXPECT_EQ(refused({{"patient", "p1"}, {"code", "a"}, {"colour", "red"}}), "colour");
  EXPECT_EQ(refused({{"patient", "p1"}, {"code", "a"}, {"max", "0"}}), "max");
  EXPECT_EQ(refused({{"patient", "p1"}, {"combo-code", "a"}}), "");
  EXPECT_TRUE(ids(kLastn, {{"patient", "nobody"}, {"code", "a"}}).empty());
}

class DocrefTest : public LastnTest {
 protected:
  DocrefTest() {
    write("old", "current", "1", "2026-01-01");
    write("new", "current", "1", "2026-02-01");
    write("superseded", "superseded", "1", "2026-03-01");
    write("wrong", "entered-in-error", "1", "2026-03-02");
    write("other", "current", "2", "2025-06-01");
  }
  void write(std::string_view id, std::string_view status, std::string_view type,
             std::string_view date) {
    submit({record(id, "DocumentReference",
                   fmt::format(R"("status":"{}","subject":{{"reference":"Patient/p1"}},)"
                               R"("type":{{"coding":[{{"system":"s","code":"{}"}}]}},)"
                               R"("date":"{}T10:00:00Z")",
                               status, type, date))});
  }
};

TEST_F(DocrefTest, WithoutATimeGivesTheNewestCurrentOfEachType) {
  EXPECT_THAT(ids(kDocref, {{"patient", "p1"}}), ElementsAre("new", "other"));
  EXPECT_THAT(ids(kDocref, {{"patient", "p1"}, {"type", "s|2"}}), ElementsAre("other"));
}

TEST_F(DocrefTest, WithATimeGivesAllOfIt) {
  EXPECT_THAT(ids(kDocref, {{"patient", "p1"}, {"start", "2026-01-01"}}),
              ElementsAre("superseded", "new", "old"));
  EXPECT_THAT(ids(kDocref, {{"patient", "p1"}, {"start", "2026"}, {"end", "2026-01"}}),
              ElementsAre("old"));
  EXPECT_THAT(ids(kDocref, {{"patient", "p1"}, {"end", "2025"}}), ElementsAre("other"));
}

TEST_F(DocrefTest, MakesNoDocuments) {
  EXPECT_TRUE(ids(kDocref, {{"patient", "p1"}, {"on-demand", "true"}}).empty());
  EXPECT_TRUE(ids(kDocref, {{"patient", "nobody"}}).empty());
  EXPECT_TRUE(ids(kDocref, {{"patient", "p1"}, {"profile", "http://example.org/p"}}).empty());
  EXPECT_EQ(call(kDocref, {}).error().issues().front().expression, "patient");
}

}  // namespace
}  // namespace kap::gateway::service

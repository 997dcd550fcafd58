#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "gateway/service/operations/operations.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Pairs = std::vector<std::pair<std::string, std::string>>;

class EverythingTest : public ClinicTest {
 protected:
  EverythingTest() {
    submit({patient("p1"), patient("p2")});
    put("Practitioner", "d", R"("active":true)");
    put("Encounter", "e1",
        R"("status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},)"
        R"("period":{"start":"2026-01-01T10:00:00Z","end":"2026-01-01T12:00:00Z"},)"
        R"("participant":[{"individual":{"reference":"Practitioner/d"}}])");
    put("Observation", "o1",
        R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"},)"
        R"("encounter":{"reference":"Encounter/e1"},"effectiveDateTime":"2026-01-01T10:30:00Z",)"
        R"("performer":[{"reference":"Patient/p1"}])");
    put("Observation", "o2",
        R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"},)"
        R"("effectiveDateTime":"2025-06-01")");
    put("Observation", "o3",
        R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p2"})");
    put("Task", "t1", R"("status":"requested","intent":"order","for":{"reference":"Patient/p1"})");
    put("AdverseEvent", "a1",
        R"("actuality":"actual","subject":{"reference":"Patient/p1"},)"
        R"("suspectEntity":[{"instance":{"reference":"MedicationAdministration/m1"}}])");
    put("MedicationAdministration", "m1",
        R"("status":"completed","subject":{"reference":"Patient/p1"},)"
        R"("context":{"reference":"Encounter/e1"},"effectiveDateTime":"2026-01-01T10:20:00Z",)"
        R"("medicationReference":{"reference":"Medication/k"})");
    put("Medication", "k", R"("status":"active")");
    put("Provenance", "v1",
        R"("target":[{"reference":"Observation/o1"}],"recorded":"2026-01-01T13:00:00Z",)"
        R"("agent":[{"who":{"reference":"Practitioner/d"}}])");
  }
  void put(std::string_view type, std::string_view id, std::string_view members) {
    submit({fmt::format(
        R"({{"clinic":"east","kind":"{0}","id":"{1}","revision":1,"resources":[{{)"
        R"("resourceType":"{0}","id":"{1}","meta":{{"tag":[{{"code":"x"}}]}},{2}}}]}})",
        type, id, members)});
  }

  Result<std::string> call(const OperationDef& operation, std::string_view id, const Pairs& query,
                           const security::Permit* permit = nullptr) {
    const OperationContext context{.reader = *reader_};
    const ResourceId focus{std::string(id)};
    KAP_TRY(auto answer,
            run_operation(permit == nullptr ? reader_permit_ : *permit, context, operation,
                          {.type = operation.types.front(),
                           .id = id.empty() ? nullptr : &focus,
                           .input = {.query = query}}));
    return answer.json;
  }
  /// `id` of a match, `(id)` of what came along.
  std::vector<std::string> ids(std::string_view json) {
    const auto bundle = fhir::json::parse(json).value();
    std::vector<std::string> out;
    const auto* entries = bundle.root.find("entry");
    if (entries == nullptr) return out;
    for (const auto& entry : entries->items()) {
      const auto id = entry.find("resource")->string("id");
      const bool is_match = entry.find("search")->string("mode") == "match";
      out.push_back(is_match ? std::string(id) : fmt::format("({})", id));
    }
    return out;
  }
  std::vector<std::string> ids(const OperationDef& operation, std::string_view id,
                               const Pairs& query = {}) {
    const auto json = call(operation, id, query);
    EXPECT_TRUE(json) << json.error().summary();
    return json ? ids(*json) : std::vector<std::string>{};
  }
  static std::string cursor_of(std::string_view json) {
    const auto bundle = fhir::json::parse(json).value();
    for (const auto& link : bundle.root.find("link")->items())
      if (link.string("relation") == "next") {
        const std::string url(link.string("url"));
        return url.substr(url.find("_cursor=") + 8);
      }
    return {};
  }
};

TEST_F(EverythingTest, OfAPatientIsTheCompartmentAndWhatItNeeds) {
  const auto found = ids(kPatientEverything, "p1");
  EXPECT_EQ(found.front(), "p1");
  EXPECT_THAT(found,
              UnorderedElementsAre("p1", "e1", "o1", "o2", "t1", "a1", "m1", "(d)", "(k)", "(v1)"));
}

TEST_F(EverythingTest, OfAnEncounterIsTheSession) {
  const auto found = ids(kEncounterEverything, "e1");
  EXPECT_EQ(found.front(), "e1");
  EXPECT_THAT(found, UnorderedElementsAre("e1", "o1", "m1", "(p1)", "(d)", "(k)", "(v1)", "(a1)"));
}

TEST_F(EverythingTest, TypesNarrowIt) {
  EXPECT_THAT(ids(kPatientEverything, "p1", {{"_type", "Observation,Task"}}),
              UnorderedElementsAre("o1", "o2", "t1"));
  EXPECT_THAT(ids(kPatientEverything, "p1", {{"_type", "Medication"}, {"_type", "Provenance"}}),
              UnorderedElementsAre("(k)", "(v1)"));
  EXPECT_EQ(call(kPatientEverything, "p1", {{"_type", "Observation,Nothing"}})
                .error()
                .issues()
                .front()
                .expression,
            "_type");
}

TEST_F(EverythingTest, CareDatesNarrowItAndWhatHasNoneStays) {
  const auto found = ids(kPatientEverything, "p1", {{"start", "2026-01-01"}});
  EXPECT_THAT(found, Contains("o1"));
  EXPECT_THAT(found, Not(Contains("o2")));
  EXPECT_THAT(found, Contains("t1"));
  EXPECT_THAT(ids(kPatientEverything, "p1", {{"end", "2025"}, {"_type", "Observation"}}),
              ElementsAre("o2"));
}

TEST_F(EverythingTest, SinceIsAboutTheRecord) {
  clock_.advance(std::chrono::hours(1));
  const auto now = to_fhir_instant(clock_.now());
  submit({patient("p1", 2, "Second")});
  EXPECT_THAT(ids(kPatientEverything, "p1", {{"_since", now}}), ElementsAre("p1"));
}

TEST_F(EverythingTest, PagesAreStableAndNoMatchComesTwice) {
  std::vector<std::string> all;
  Pairs query{{"_count", "2"}};
  auto json = call(kPatientEverything, "p1", query).value();
  put("Observation", "o9",
      R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"})");
  while (true) {
    for (auto& id : ids(json))
      if (!id.starts_with('(')) all.push_back(id);
    const auto cursor = cursor_of(json);
    if (cursor.empty()) break;
    query = {{"_count", "2"}, {"_cursor", cursor}};
    json = call(kPatientEverything, "p1", query).value();
  }
  EXPECT_THAT(all, UnorderedElementsAre("p1", "e1", "o1", "o2", "t1", "a1", "m1"));
  EXPECT_FALSE(call(kPatientEverything, "p2", query));  // another patient's cursor
}

TEST_F(EverythingTest, ScopesHoldForEachType) {
  const auto narrow = make_permit("system/Patient.r system/Observation.rs", {"east"});
  const auto json = call(kPatientEverything, "p1", {}, &narrow).value();
  EXPECT_THAT(json, HasSubstr("suppressed"));
  EXPECT_THAT(json, HasSubstr("MedicationAdministration"));
  EXPECT_THAT(json, Not(HasSubstr("\"m1\"")));
  EXPECT_THAT(json, Not(HasSubstr("\"d\"")));
  EXPECT_THAT(json, HasSubstr("\"o1\""));
}

TEST_F(EverythingTest, WhatMayNotBeSeenIsNotThere) {
  const auto other = make_permit("system/*.rs", {"west"});
  EXPECT_EQ(call(kPatientEverything, "p1", {}, &other).error().category(), Category::kNotFound);
  EXPECT_EQ(call(kPatientEverything, "p1", {{"_count", "0"}}).error().issues().front().expression,
            "_count");
  EXPECT_EQ(call(kPatientEverything, "", {}).error().issues().front().code, IssueType::kTooCostly);
}

}  // namespace
}  // namespace kap::gateway::service

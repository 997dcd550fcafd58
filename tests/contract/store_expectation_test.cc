#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/query.h"
#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::unit_of;
namespace search = fhir::search;

/// A Patient with one identifier.
ResourceWrite patient(const std::string& id, const std::string& identifier) {
  auto write = contract::put("Patient", id);
  write.body.pop_back();
  write.body += R"(,"identifier":[{"system":"urn:mrn","value":")" + identifier + "\"}]}";
  const auto document = fhir::json::parse(write.body);
  write.index = search::extract(document->root).value();
  return write;
}

class StoreExpectations : public contract::StoreContract {
 protected:
  /// Only `id` (nothing: no Patient) has the identifier, as far as the clinics see.
  ExpectedMatch match(const std::string& identifier, std::optional<std::string> id = {},
                      std::vector<std::string> clinics = {"clinic-a"}) {
    const std::vector<std::pair<std::string, std::string>> pairs{
        {"identifier", "urn:mrn|" + identifier}};
    ExpectedMatch expected;
    expected.criteria = search::parse_query("Patient", pairs, {.now = clock_.now()}).value();
    expected.permit = contract::permit({.clinics = std::move(clinics)});
    if (id.has_value()) expected.id = ResourceId(std::move(*id));
    return expected;
  }
  WriteStatus submit_expecting(ResourceWrite write, std::vector<ExpectedMatch> expected) {
    auto unit = unit_of({std::move(write)});
    unit.expected_matches = std::move(expected);
    return submit(std::move(unit)).status;
  }
};

TEST_P(StoreExpectations, NoMatchHoldsUntilThereIsOne) {
  EXPECT_EQ(submit_expecting(patient("p1", "1"), {match("1")}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("p2", "1"), {match("1")}), WriteStatus::kConflict);
  EXPECT_EQ(submit_expecting(patient("p3", "2"), {match("2")}), WriteStatus::kWritten);
  EXPECT_EQ(store().read(contract::permit(), "Patient", ResourceId("p2")).error().category(),
            Category::kNotFound);
}

TEST_P(StoreExpectations, TheOnlyMatchIsTheOneNamed) {
  ASSERT_EQ(submit_expecting(patient("p1", "1"), {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x1", "9"), {match("1", "p1")}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x2", "9"), {match("1", "p2")}), WriteStatus::kConflict);
  EXPECT_EQ(submit_expecting(patient("x3", "9"), {match("none", "p1")}), WriteStatus::kConflict);
  ASSERT_EQ(submit_expecting(patient("p2", "1"), {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x4", "9"), {match("1", "p1")}), WriteStatus::kConflict);
}

TEST_P(StoreExpectations, WhatNoLongerMatchesOrIsDeletedIsNoMatch) {
  ASSERT_EQ(submit_expecting(patient("p1", "1"), {}), WriteStatus::kWritten);
  ASSERT_EQ(submit_expecting(patient("p1", "other"), {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("p2", "1"), {match("1")}), WriteStatus::kWritten);
  auto removal = contract::put("Patient", "p2");
  removal.operation = ResourceWrite::Operation::kDelete;
  ASSERT_EQ(submit_expecting(removal, {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("p3", "1"), {match("1")}), WriteStatus::kWritten);
}

TEST_P(StoreExpectations, WhatThePredicatesHideIsNoMatch) {
  auto foreign = unit_of({patient("p1", "1")}, "clinic-b");
  ASSERT_EQ(submit(std::move(foreign)).status, WriteStatus::kWritten);
  auto labelled = patient("p2", "1");
  labelled.sensitivity = security::sensitivity::k42CfrPart2;
  ASSERT_EQ(submit_expecting(labelled, {}), WriteStatus::kWritten);
  auto expected = match("1");
  expected.permit = contract::permit({.denied = security::sensitivity::k42CfrPart2});
  EXPECT_EQ(submit_expecting(patient("p3", "1"), {expected}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("p4", "1"), {expected}), WriteStatus::kConflict);
}

TEST_P(StoreExpectations, OfManySubmittedAtOnceOneIsWritten) {
  // They are queued before the first is applied, so that they share a commit.
  std::vector<std::future<Result<WriteOutcome>>> outcomes;
  for (int i = 0; i < 64; ++i) {
    auto unit = unit_of({patient("p" + std::to_string(i), "1")});
    unit.expected_matches.push_back(match("1"));
    outcomes.push_back(store().submit(std::move(unit)));
  }
  int written = 0;
  for (auto& outcome : outcomes) {
    const auto result = outcome.get();
    ASSERT_TRUE(result.has_value()) << result.error().summary();
    if (result->status == WriteStatus::kWritten) {
      ++written;
    } else {
      EXPECT_EQ(result->status, WriteStatus::kConflict);
    }
  }
  EXPECT_EQ(written, 1);
}

TEST_P(StoreExpectations, WhatWasWrittenSinceTheSearchDecides) {
  const auto now = [&] { return store().health().last; };
  const auto since = [&](Sequence as_of, std::optional<std::string> id,
                         std::vector<std::string> clinics = {"clinic-a"}) {
    auto expected = match("1", std::move(id), std::move(clinics));
    expected.as_of = as_of;
    return std::vector{expected};
  };
  ASSERT_EQ(submit_expecting(patient("other", "2"), {}), WriteStatus::kWritten);
  const auto before = now();
  EXPECT_EQ(submit_expecting(patient("x1", "9"), since(before, {})), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("p1", "1"), since(before, {})), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x2", "9"), since(before, {})), WriteStatus::kConflict);
  // Seen as of before it was there, and as of after.
  EXPECT_EQ(submit_expecting(patient("x3", "9"), since(before, "p1")), WriteStatus::kWritten);
  const auto with_p1 = now();
  EXPECT_EQ(submit_expecting(patient("x4", "9"), since(with_p1, "p1")), WriteStatus::kWritten);
  // A new version that matches still, then one that does not, then a deletion.
  ASSERT_EQ(submit_expecting(patient("p1", "1"), {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x5", "9"), since(with_p1, "p1")), WriteStatus::kWritten);
  ASSERT_EQ(submit_expecting(patient("p1", "7"), {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x6", "9"), since(with_p1, "p1")), WriteStatus::kConflict);
  EXPECT_EQ(submit_expecting(patient("x7", "9"), since(before, {})), WriteStatus::kWritten);
  auto removal = contract::put("Patient", "p1");
  removal.operation = ResourceWrite::Operation::kDelete;
  ASSERT_EQ(submit_expecting(removal, {}), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x8", "9"), since(with_p1, "p1")), WriteStatus::kConflict);
  // Another clinic's is not seen, and a second match is one too many.
  auto foreign = unit_of({patient("b1", "1")}, "clinic-b");
  ASSERT_EQ(submit(std::move(foreign)).status, WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("p2", "1"), since(before, {})), WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x9", "9"), since(before, "p2", {"clinic-a", "clinic-b"})),
            WriteStatus::kConflict);
}

TEST_P(StoreExpectations, AChainIsSearchedAnew) {
  const std::vector<std::pair<std::string, std::string>> pairs{{"general-practitioner.name", "k"}};
  ExpectedMatch expected;
  expected.criteria = search::parse_query("Patient", pairs, {.now = clock_.now()}).value();
  expected.permit = contract::permit();
  auto doctor = contract::put("Practitioner", "d");
  const auto finish = [](ResourceWrite& write, const std::string& members) {
    write.body.pop_back();
    write.body += members + "}";
    write.index = search::extract(fhir::json::parse(write.body)->root).value();
  };
  finish(doctor, R"(,"name":[{"family":"Other"}])");
  auto cared_for = contract::put("Patient", "p");
  finish(cared_for, R"(,"generalPractitioner":[{"reference":"Practitioner/d"}])");
  ASSERT_EQ(submit(unit_of({doctor, cared_for})).status, WriteStatus::kWritten);
  expected.as_of = store().health().last;
  EXPECT_EQ(submit_expecting(patient("x1", "9"), {expected}), WriteStatus::kWritten);
  // Only the Practitioner changes, and the Patient matches.
  auto renamed = contract::put("Practitioner", "d");
  finish(renamed, R"(,"name":[{"family":"Kim"}])");
  ASSERT_EQ(submit(unit_of({renamed})).status, WriteStatus::kWritten);
  EXPECT_EQ(submit_expecting(patient("x2", "9"), {expected}), WriteStatus::kConflict);
}

TEST_P(StoreExpectations, AVersionIsExpectedToBeTheCurrentOne) {
  const auto expecting = [&](const std::string& id, std::optional<Version> version) {
    auto unit = unit_of({patient("x-" + id + std::to_string(version.value_or(0)), "9")});
    unit.expected_versions.push_back({"Patient", ResourceId(id), version});
    return submit(std::move(unit)).status;
  };
  EXPECT_EQ(expecting("p1", {}), WriteStatus::kWritten);
  ASSERT_EQ(submit_expecting(patient("p1", "1"), {}), WriteStatus::kWritten);
  EXPECT_EQ(expecting("p1", 1), WriteStatus::kWritten);
  ASSERT_EQ(submit_expecting(patient("p1", "2"), {}), WriteStatus::kWritten);
  EXPECT_EQ(expecting("p1", 1), WriteStatus::kConflict);
  EXPECT_EQ(expecting("p1", {}), WriteStatus::kConflict);
  auto removal = contract::put("Patient", "p1");
  removal.operation = ResourceWrite::Operation::kDelete;
  ASSERT_EQ(submit_expecting(removal, {}), WriteStatus::kWritten);
  EXPECT_EQ(expecting("p1", 3), WriteStatus::kConflict);
}

TEST_P(StoreExpectations, ABodyNeedsNothingInItsMeta) {
  ResourceWrite write{.type = "Basic", .id = ResourceId("b")};
  write.body = R"({"resourceType":"Basic","id":"b","meta":{},"language":"en"})";
  write.meta_offset = write.body.find("{}") + 1;
  ASSERT_EQ(submit(unit_of({write})).status, WriteStatus::kWritten);
  const auto stored = store().read(contract::permit(), "Basic", ResourceId("b"));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->body, R"({"resourceType":"Basic","id":"b","meta":{"versionId":"1",)"
                          R"("lastUpdated":"2023-11-14T22:13:20.000Z"},"language":"en"})");
}

KAP_EVERY_BACKEND(StoreExpectations);

}  // namespace
}  // namespace kap::gateway::store

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fhir/definitions/search_parameters.h"
#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/match.h"
#include "fhir/search/query.h"
#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::unit_of;
namespace search = fhir::search;

/// `"resourceType":…,"id":…,"meta":{…},` and the members given.
ResourceWrite resource(const std::string& type, const std::string& id, const std::string& members) {
  ResourceWrite write;
  write.type = type;
  write.id = ResourceId(id);
  write.body = R"({"resourceType":")" + type + R"(","id":")" + id + R"(","meta":{)";
  write.meta_offset = write.body.size();
  write.body += R"("source":"urn:test"})" + (members.empty() ? "" : "," + members) + "}";
  const auto document = fhir::json::parse(write.body);
  EXPECT_TRUE(document.has_value()) << write.body;
  auto entries = search::extract(document->root);
  EXPECT_TRUE(entries.has_value()) << entries.error().summary();
  write.index = std::move(*entries);
  return write;
}

class StoreSearch : public contract::StoreContract {
 protected:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  search::Query parse(const std::string& type, const Pairs& pairs) {
    auto query = search::parse_query(type, pairs,
                                     {.handling = search::Handling::kStrict, .now = clock_.now()});
    if (!query.has_value()) {
      ADD_FAILURE() << type << ' ' << pairs[0].first << ": " << query.error().summary();
      return {};
    }
    return std::move(*query);
  }
  SearchPage run(const std::string& type, const Pairs& pairs, PageOptions page = {},
                 contract::Sight sight = {}) {
    const auto criteria = parse(type, pairs);
    auto result = store().search(Query(permit(std::move(sight)), criteria, std::move(page)));
    if (!result.has_value()) {
      ADD_FAILURE() << result.error().summary();
      return {};
    }
    return std::move(*result);
  }
  std::vector<std::string> ids(const SearchPage& page) {
    std::vector<std::string> out;
    for (const auto& match : page.matches) out.push_back(match.id.text());
    return out;
  }
  std::vector<std::string> find(const std::string& type, const Pairs& pairs,
                                contract::Sight sight = {}) {
    return ids(run(type, pairs, {.count = 500}, std::move(sight)));
  }
  using Ids = std::vector<std::string>;
};

std::string observation(const std::string& patient, const std::string& code,
                        const std::string& date, const std::string& value) {
  return R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":")" + code +
         R"("}]},"subject":{"reference":"Patient/)" + patient + R"("},"effectiveDateTime":")" +
         date + R"(","valueQuantity":{"value":)" + value +
         R"(,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"})";
}

TEST_P(StoreSearch, AnswersTheCommonKindsOfParameter) {
  auto p1 = resource("Patient", "p1",
                     R"("name":[{"family":"Müller","given":["Ada"]}],"gender":"female",)"
                     R"("birthDate":"1980-05-17","identifier":[{"system":"urn:mrn","value":"1"}])");
  auto p2 = resource("Patient", "p2",
                     R"("name":[{"family":"Muller-Smith"}],"gender":"male","birthDate":"1981")");
  (void)submit(unit_of({p1, p2, resource("Patient", "p3", "")}));
  (void)submit(
      unit_of({resource("Observation", "o1", observation("p1", "8480-6", "2024-01-05", "5")),
               resource("Observation", "o2", observation("p2", "8480-6", "2024-02-05", "7")),
               resource("Observation", "o3", observation("p1", "8462-4", "2024-03-05", "0.009"))}));
  EXPECT_EQ(find("Patient", {{"name", "mull"}}), (Ids{"p1", "p2"}));
  EXPECT_EQ(find("Patient", {{"family:exact", "Müller"}}), Ids{"p1"});
  EXPECT_EQ(find("Patient", {{"family:contains", "smith"}}), Ids{"p2"});
  EXPECT_EQ(find("Patient", {{"gender", "female,other"}}), Ids{"p1"});
  EXPECT_EQ(find("Patient", {{"gender:not", "female"}}), (Ids{"p2", "p3"}));
  EXPECT_EQ(find("Patient", {{"gender:missing", "true"}}), Ids{"p3"});
  EXPECT_EQ(find("Patient", {{"gender:missing", "false"}}), (Ids{"p1", "p2"}));
  EXPECT_EQ(find("Patient", {{"identifier", "urn:mrn|1"}}), Ids{"p1"});
  EXPECT_EQ(find("Patient", {{"identifier", "|1"}}), Ids{});
  EXPECT_EQ(find("Patient", {{"identifier", "urn:mrn|"}}), Ids{"p1"});
  EXPECT_EQ(find("Patient", {{"birthdate", "gt1980-12"}}), Ids{"p2"});
  EXPECT_EQ(find("Patient", {{"birthdate", "1980"}}), Ids{"p1"});
  EXPECT_EQ(find("Patient", {{"_id", "p3,p1,p9"}}), (Ids{"p1", "p3"}));
  EXPECT_EQ(find("Observation", {{"subject", "Patient/p1"}}), (Ids{"o1", "o3"}));
  EXPECT_EQ(find("Observation", {{"patient", "p1"}, {"code", "8480-6"}}), Ids{"o1"});
  EXPECT_EQ(find("Observation", {{"date", "ge2024-02"}}), (Ids{"o2", "o3"}));
  EXPECT_EQ(find("Observation", {{"value-quantity", "gt6"}}), Ids{"o2"});
  EXPECT_EQ(find("Observation", {{"value-quantity", "9|http://unitsofmeasure.org|ug"}}), Ids{"o3"});
  EXPECT_EQ(find("Observation", {{"code-value-quantity", "http://loinc.org|8480-6$gt6"}}),
            Ids{"o2"});
  EXPECT_EQ(find("Observation", {{"subject:Patient.gender", "female"}}), (Ids{"o1", "o3"}));
  EXPECT_EQ(find("Patient", {{"_has:Observation:subject:code", "8462-4"}}), Ids{"p1"});
  EXPECT_EQ(find("Observation", {{"_lastUpdated", "gt2030"}}), Ids{});
  EXPECT_EQ(find("Encounter", {{"_id", "p1"}}), Ids{});
}

TEST_P(StoreSearch, SortsByDescendingDateAndPutsWhatHasNoneLast) {
  (void)submit(unit_of({resource("Observation", "a", observation("p1", "1", "2024-01-05", "5")),
                        resource("Observation", "none", R"("status":"final")"),
                        resource("Observation", "c", observation("p1", "1", "2024-03", "7")),
                        resource("Observation", "d", observation("p1", "0", "2024-01-05", "7"))}));
  EXPECT_EQ(find("Observation", {{"_sort", "-date"}}), (Ids{"c", "a", "d", "none"}));
  EXPECT_EQ(find("Observation", {{"_sort", "date,code"}}), (Ids{"d", "a", "c", "none"}));
  EXPECT_EQ(find("Observation", {{"_sort", "-_id"}}), (Ids{"none", "d", "c", "a"}));
}

TEST_P(StoreSearch, IncludesGoThroughTheSamePredicates) {
  auto secret = resource("Patient", "p2", "");
  secret.sensitivity = security::sensitivity::kSubstanceUse;
  (void)submit(unit_of({resource("Patient", "p1", ""), secret}));
  (void)submit(unit_of({resource("Observation", "o1", observation("p1", "1", "2024-01-05", "5")),
                        resource("Observation", "o2", observation("p2", "1", "2024-01-05", "5"))}));
  (void)submit(unit_of({resource("Patient", "p1", R"("active":true)")}));
  const contract::Sight blind{.denied = security::sensitivity::kSubstanceUse};
  auto page = run("Observation", {{"code", "1"}, {"_include", "Observation:subject"}}, {}, blind);
  EXPECT_EQ(ids(page), (Ids{"o1", "o2"}));
  ASSERT_EQ(page.included.size(), 1U);
  EXPECT_EQ(page.included[0].id.text(), "p1");
  EXPECT_EQ(page.included[0].version, 2U);
  page = run("Patient", {{"_revinclude", "Observation:subject"}}, {}, blind);
  EXPECT_EQ(ids(page), Ids{"p1"});
  ASSERT_EQ(page.included.size(), 1U);
  EXPECT_EQ(page.included[0].id.text(), "o1");
  // Chained criteria see no more than a search would.
  EXPECT_EQ(find("Observation", {{"subject:Patient._id", "p2"}}, blind), Ids{});
}

TEST_P(StoreSearch, PredicatesHoldForMatchesAndCounts) {
  std::vector<ResourceWrite> writes;
  for (int i = 0; i < 20; ++i) {
    const std::string patient = i % 2 == 0 ? "p0" : "p1";
    auto write = resource("Observation", "o" + std::to_string(i),
                          observation(patient, "1", "2024-01-05", "5"));
    write.patient = ResourceId(patient);
    if (i % 5 == 0) write.sensitivity = security::sensitivity::kSubstanceUse;
    writes.push_back(std::move(write));
  }
  (void)submit(unit_of(writes));
  (void)submit(
      unit_of({resource("Observation", "other", observation("p0", "1", "2024", "5"))}, "clinic-b"));
  const PageOptions count{.total = PageOptions::Total::kAccurate, .rows = PageOptions::Rows::kNone};
  const auto total = [&](contract::Sight sight) {
    const auto page = run("Observation", {{"code", "1"}}, count, std::move(sight));
    EXPECT_TRUE(page.matches.empty());
    EXPECT_FALSE(page.next.has_value());
    return page.total;
  };
  EXPECT_EQ(total({}), 20U);
  EXPECT_EQ(total({.clinics = {"clinic-a", "clinic-b"}}), 21U);
  EXPECT_EQ(total({.clinics = {}}), 0U);
  EXPECT_EQ(total({.patient = "p1"}), 10U);
  EXPECT_EQ(total({.denied = security::sensitivity::kSubstanceUse}), 16U);
  EXPECT_EQ(total({.denied = security::sensitivity::kSubstanceUse, .patient = "p1"}), 8U);
}

TEST_P(StoreSearch, PagesStayAsTheyWereWhileDataChanges) {
  for (const std::string sort : {"", "-date", "_id"}) {
    backend_ = GetParam().make();
    store_ = backend_->open(clock_);
    std::vector<ResourceWrite> writes;
    for (int i = 0; i < 23; ++i) {
      writes.push_back(resource("Observation", "o" + std::to_string(i),
                                observation("p", "1", i % 3 == 0 ? "2024" : "2023", "5")));
    }
    (void)submit(unit_of(writes));
    StoreSearch::Pairs pairs = {{"code", "1"}};
    if (!sort.empty()) pairs.emplace_back("_sort", sort);
    const auto whole = find("Observation", pairs);
    ASSERT_EQ(whole.size(), 23U);
    PageOptions options{.count = 5, .total = PageOptions::Total::kAccurate};
    Ids paged;
    for (int turn = 0;; ++turn) {
      const auto page = run("Observation", pairs, options);
      EXPECT_EQ(page.total, 23U);
      for (const auto& match : page.matches) {
        paged.push_back(match.id.text());
        EXPECT_EQ(match.version, 1U);
      }
      // Between pages: some vanish, some change so that they would match no more, some come.
      const auto name = std::to_string(turn);
      ResourceWrite removal{.operation = ResourceWrite::Operation::kDelete, .type = "Observation"};
      removal.id = ResourceId("o" + std::to_string(22 - turn));
      (void)submit(
          unit_of({removal, resource("Observation", "o" + name, observation("p", "2", "2025", "5")),
                   resource("Observation", "new" + name, observation("p", "1", "2023", "5"))}));
      if (!page.next.has_value()) break;
      options.cursor = *page.next;
    }
    EXPECT_EQ(paged, whole) << sort;
  }
}

TEST_P(StoreSearch, ACursorThatWasTamperedWithIsRefused) {
  for (int i = 0; i < 4; ++i) {
    (void)submit(unit_of({resource("Basic", "b" + std::to_string(i), "")}));
  }
  const auto first = run("Basic", {{"_sort", "_id"}}, {.count = 2});
  ASSERT_TRUE(first.next.has_value());
  const auto criteria = parse("Basic", {{"_sort", "_id"}});
  for (std::size_t i = 0; i < first.next->size(); ++i) {
    auto cursor = *first.next;
    cursor[i] = cursor[i] == 'A' ? 'B' : 'A';
    const auto page = store().search(Query(permit(), criteria, {.count = 2, .cursor = cursor}));
    ASSERT_FALSE(page.has_value()) << i;
    EXPECT_EQ(page.error().category(), Category::kInvalidRequest);
  }
  const auto other = parse("Basic", {{"_sort", "-_id"}});
  EXPECT_FALSE(
      store().search(Query(permit(), other, {.count = 2, .cursor = *first.next})).has_value());
  reopen();
  EXPECT_EQ(ids(run("Basic", {{"_sort", "_id"}}, {.count = 2, .cursor = *first.next})),
            (Ids{"b2", "b3"}));
}

TEST_P(StoreSearch, ADeadlineThatHasPassedIsATimeout) {
  (void)submit(unit_of({resource("Basic", "b", "")}));
  const auto criteria = parse("Basic", {{"_id", "b"}});
  const auto page = store().search(
      Query(permit(), criteria, {.deadline = std::chrono::steady_clock::time_point{}}));
  ASSERT_FALSE(page.has_value());
  EXPECT_TRUE(page.error().category() == Category::kTimeout ||
              page.error().category() == Category::kUnavailable);
}

KAP_EVERY_BACKEND(StoreSearch);

}  // namespace
}  // namespace kap::gateway::store

// Searches over several types and over compartments, and what is left of the resources they return.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fhir/json/parse.h"
#include "gateway/service/search_system.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Parameters = std::vector<std::pair<std::string, std::string>>;

class SearchingTest : public ClinicTest {
 protected:
  SearchingTest() {
    submit({patient("p1"), patient("p2"), observations("s1", 1, "p1", {"a", "b"}),
            observations("s2", 1, "p2", {"a"})});
  }

  Result<SearchPage> run(const security::Permit& permit, Parameters parameters,
                         std::string type = {},
                         std::optional<fhir::search::Compartment> compartment = {}) {
    SearchRequest request;
    request.type = std::move(type);
    request.parameters = std::move(parameters);
    request.compartment = std::move(compartment);
    return search(permit, *reader_, request);
  }
  std::vector<std::string> names(const Result<SearchPage>& page) {
    std::vector<std::string> out;
    if (!page) {
      ADD_FAILURE() << page.error().summary();
      return out;
    }
    for (const auto& match : page->matches) out.push_back(match.type + "/" + match.id.text());
    return out;
  }
};

TEST_F(SearchingTest, OverTheTypesThatAreNamed) {
  EXPECT_THAT(names(run(reader_permit_, {{"_type", "Patient,Observation"}})),
              UnorderedElementsAre("Patient/p1", "Patient/p2", "Observation/s1.a",
                                   "Observation/s1.b", "Observation/s2.a"));
  EXPECT_THAT(names(run(reader_permit_, {{"_type", "Patient"}, {"_id", "p2"}})),
              ElementsAre("Patient/p2"));
  const auto page = run(reader_permit_, {{"_type", "Patient,Observation"}, {"_count", "2"}});
  EXPECT_THAT(page->self_url, HasSubstr("https://gateway.example/fhir?_type=Patient,Observation"));
  EXPECT_THAT(page->next_url, HasSubstr("https://gateway.example/fhir?_type="));
}

TEST_F(SearchingTest, PagesOverSeveralTypesHoldEverythingOnce) {
  for (const char* sort : {"", "-_lastUpdated", "_id", "-_id"}) {
    Parameters parameters{{"_type", "Patient,Observation"}, {"_count", "2"}};
    if (*sort != 0) parameters.emplace_back("_sort", sort);
    std::vector<std::string> all;
    std::string cursor;
    for (int i = 0; i < 5; ++i) {
      Parameters page_parameters = parameters;
      if (!cursor.empty()) page_parameters.emplace_back(kCursorParameter, cursor);
      const auto page = run(reader_permit_, page_parameters);
      for (auto& name : names(page)) all.push_back(std::move(name));
      cursor = page ? page->next_cursor : "";
      if (cursor.empty()) break;
    }
    EXPECT_THAT(all, UnorderedElementsAre("Patient/p1", "Patient/p2", "Observation/s1.a",
                                          "Observation/s1.b", "Observation/s2.a"))
        << sort;
  }
}

TEST_F(SearchingTest, OnlyOverWhatTheScopesAllow) {
  const auto narrow = make_permit("system/Patient.rs", {"east"});
  EXPECT_THAT(names(run(narrow, {})), UnorderedElementsAre("Patient/p1", "Patient/p2"));
  EXPECT_EQ(run(narrow, {{"_type", "Patient,Observation"}}).error().category(),
            Category::kForbidden);
  EXPECT_EQ(run(narrow, {{"_type", "Patients"}}).error().category(), Category::kInvalidRequest);
  EXPECT_EQ(run(make_permit("system/Patient.r", {"east"}), {}).error().category(),
            Category::kForbidden);
  EXPECT_EQ(run(reader_permit_, {{"_type", "Patient"}, {"_type", "Patient"}}).error().category(),
            Category::kInvalidRequest);
}

TEST_F(SearchingTest, ChainsDoNotLeadOverTypesBeyondTheScopes) {
  const Parameters chained{{"subject:Patient._id", "p1"}};
  EXPECT_EQ(names(run(reader_permit_, chained, "Observation")).size(), 2U);
  const auto narrow = make_permit("system/Observation.rs", {"east"});
  EXPECT_TRUE(names(run(narrow, chained, "Observation")).empty());
  const auto patients = make_permit("system/Patient.rs", {"east"});
  EXPECT_TRUE(
      names(run(patients, {{"_has:Observation:patient:status", "final"}}, "Patient")).empty());
  EXPECT_EQ(
      names(run(reader_permit_, {{"_has:Observation:patient:status", "final"}}, "Patient")).size(),
      2U);
}

TEST_F(SearchingTest, Compartments) {
  const fhir::search::Compartment p1{.code = "Patient", .id = "p1"};
  EXPECT_THAT(names(run(reader_permit_, {}, "Observation", p1)),
              UnorderedElementsAre("Observation/s1.a", "Observation/s1.b"));
  const auto all = run(reader_permit_, {{"_count", "1"}}, "", p1);
  EXPECT_THAT(names(all), ElementsAre("Observation/s1.a"));
  EXPECT_THAT(all->next_url, HasSubstr("https://gateway.example/fhir/Patient/p1/*?"));
  // A cursor of one compartment is none of another.
  EXPECT_FALSE(run(reader_permit_,
                   {{"_count", "1"}, {std::string(kCursorParameter), all->next_cursor}}, "",
                   fhir::search::Compartment{.code = "Patient", .id = "p2"})
                   .has_value());
  EXPECT_TRUE(
      names(run(reader_permit_, {}, "Observation", {{.code = "Patient", .id = "none"}})).empty());
  EXPECT_EQ(run(reader_permit_, {}, "Medication", p1).error().category(), Category::kNotFound);
  EXPECT_EQ(
      run(reader_permit_, {}, "Observation", {{.code = "Group", .id = "g"}}).error().category(),
      Category::kNotFound);
  EXPECT_EQ(
      run(make_permit("system/Patient.rs", {"east"}), {}, "Observation", p1).error().category(),
      Category::kForbidden);
}

TEST_F(SearchingTest, ReturnsWhatIsAskedForOfEachResource) {
  const auto whole = run(reader_permit_, {{"_id", "s1.a"}}, "Observation");
  EXPECT_THAT(whole->matches.at(0).json, Not(HasSubstr("SUBSETTED")));
  const auto elements =
      run(reader_permit_,
          {{"_id", "s1.a"}, {"_elements", "status"}, {"_include", "Observation:subject"}},
          "Observation");
  EXPECT_THAT(elements->matches.at(0).json, HasSubstr("SUBSETTED"));
  EXPECT_THAT(elements->matches.at(0).json, Not(HasSubstr("subject")));
  EXPECT_THAT(elements->matches.at(0).json, HasSubstr("\"code\""));  // mandatory
  EXPECT_THAT(elements->included.at(0).json, Not(HasSubstr("SUBSETTED")));
  for (const char* summary : {"true", "data", "text"})
    EXPECT_THAT(run(reader_permit_, {{"_id", "s1.a"}, {"_summary", summary}}, "Observation")
                    ->matches.at(0)
                    .json,
                HasSubstr("SUBSETTED"))
        << summary;
}

TEST_F(SearchingTest, CompositesAreAnswered) {
  EXPECT_TRUE(names(run(reader_permit_, {{"code-value-quantity", "http://loinc.org|8867-4$80"}},
                        "Observation"))
                  .empty());
}

}  // namespace
}  // namespace kap::gateway::service

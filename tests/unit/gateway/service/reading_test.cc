#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fhir/json/parse.h"
#include "gateway/service/history.h"
#include "gateway/service/read.h"
#include "gateway/service/search_type.h"
#include "gateway/service/vread.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReadingTest : public ClinicTest {
 protected:
  ReadingTest() {
    submit({patient("p1"), patient("p1", 2, "Second"), patient("p2"),
            observations("s1", 1, "p1", {"a", "b", "c"})});
  }
  SearchRequest request(std::string type,
                        std::vector<std::pair<std::string, std::string>> parameters) {
    SearchRequest request;
    request.type = std::move(type);
    request.parameters = std::move(parameters);
    return request;
  }
};

TEST_F(ReadingTest, ReadsTheCurrentVersionAndOlderOnes) {
  const auto current = read(reader_permit_, *reader_, "Patient", ResourceId("p1")).value();
  EXPECT_EQ(current.version, 2U);
  EXPECT_THAT(current.json, HasSubstr("Second"));
  const auto first = vread(reader_permit_, *reader_, "Patient", ResourceId("p1"), 1).value();
  EXPECT_THAT(first.json, HasSubstr("Muster"));
  for (const std::uint64_t version : {0ULL, 3ULL, 1ULL << 40U})
    EXPECT_EQ(
        vread(reader_permit_, *reader_, "Patient", ResourceId("p1"), version).error().category(),
        Category::kNotFound);
}

TEST_F(ReadingTest, WhatMayNotBeSeenIsNotThere) {
  const auto other = make_permit("system/*.rs", {"west"});
  EXPECT_EQ(read(other, *reader_, "Patient", ResourceId("p1")).error().category(),
            Category::kNotFound);
  EXPECT_EQ(search_type(other, *reader_, request("Patient", {})).value().total, 0U);
  const auto narrow = make_permit("system/Observation.rs", {"east"});
  EXPECT_EQ(read(narrow, *reader_, "Patient", ResourceId("p1")).error().category(),
            Category::kForbidden);
  EXPECT_EQ(read(narrow, *reader_, "Patients", ResourceId("p1")).error().category(),
            Category::kNotFound);
}

TEST_F(ReadingTest, HistoryIsNewestFirstAndPages) {
  const ResourceId id("p1");
  const auto page = history(reader_permit_, *reader_,
                            {.type = "Patient", .id = id, .parameters = {{"_count", "1"}}})
                        .value();
  const auto bundle = encode_history(page, *reader_);
  const auto document = fhir::json::parse(bundle).value();
  EXPECT_EQ(document.root.find("total")->text(), "2");
  ASSERT_EQ(document.root.find("entry")->items().size(), 1U);
  EXPECT_THAT(bundle, HasSubstr("Second"));
  EXPECT_THAT(bundle, HasSubstr(R"(W/\"2\")"));
  EXPECT_THAT(bundle, HasSubstr("next"));
}

TEST_F(ReadingTest, SearchSplicesABundle) {
  const auto page = search_type(reader_permit_, *reader_,
                                request("Observation", {{"subject", "Patient/p1"},
                                                        {"_include", "Observation:subject"},
                                                        {"nonsense", "1"}}))
                        .value();
  EXPECT_EQ(page.total, 3U);
  ASSERT_EQ(page.matches.size(), 3U);
  ASSERT_EQ(page.included.size(), 1U);
  ASSERT_EQ(page.ignored.size(), 1U);
  const auto text = encode_searchset(page, *reader_);
  const auto document = fhir::json::parse(text).value();
  const auto entries = document.root.find("entry")->items();
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[3].find("search")->string("mode"), "include");
  EXPECT_EQ(entries[4].find("search")->string("mode"), "outcome");
  EXPECT_EQ(entries[4].find("resource")->string("resourceType"), "OperationOutcome");
  EXPECT_THAT(page.self_url, Not(HasSubstr("nonsense")));
  EXPECT_THAT(page.self_url,
              HasSubstr("https://gateway.example/fhir/Observation?subject=Patient/p1"));
}

TEST_F(ReadingTest, IncludedResourcesNeedAScopeOfTheirOwn) {
  const auto narrow = make_permit("system/Observation.rs", {"east"});
  const auto page =
      search_type(narrow, *reader_, request("Observation", {{"_include", "Observation:subject"}}))
          .value();
  EXPECT_EQ(page.matches.size(), 3U);
  EXPECT_TRUE(page.included.empty());
}

TEST_F(ReadingTest, PagesStayStableWhileDataChange) {
  auto asked = request("Observation", {{"_count", "2"}});
  const auto first = search_type(reader_permit_, *reader_, asked).value();
  ASSERT_EQ(first.matches.size(), 2U);
  ASSERT_FALSE(first.next_cursor.empty());
  submit({observations("s0", 1, "p1", {"x", "y"})});
  asked.parameters.emplace_back(std::string(kCursorParameter), first.next_cursor);
  const auto second = search_type(reader_permit_, *reader_, asked).value();
  EXPECT_EQ(second.matches.size(), 1U);
  EXPECT_EQ(second.total, 3U);
  EXPECT_TRUE(second.next_url.empty());
}

TEST_F(ReadingTest, CountsWithoutResources) {
  for (const auto& parameter : {std::pair<std::string, std::string>{"_summary", "count"},
                                std::pair<std::string, std::string>{"_count", "0"}}) {
    const auto page =
        search_type(reader_permit_, *reader_, request("Observation", {parameter})).value();
    EXPECT_EQ(page.total, 3U);
    EXPECT_TRUE(page.matches.empty());
  }
}

TEST_F(ReadingTest, StrictHandlingRefusesWhatLenientIgnores) {
  auto asked = request("Observation", {{"nonsense", "1"}});
  asked.handling = Handling::kStrict;
  EXPECT_EQ(search_type(reader_permit_, *reader_, asked).error().category(),
            Category::kInvalidRequest);
  EXPECT_FALSE(search_type(reader_permit_, *reader_, request("Observation", {{"date", "x"}})));
  EXPECT_FALSE(search_type(reader_permit_, *reader_,
                           request("Observation", {{std::string(kCursorParameter), "forged"}})));
  EXPECT_FALSE(
      search_type(reader_permit_, *reader_, request("Observation", {{"_text", "anything"}})));
}

}  // namespace
}  // namespace kap::gateway::service

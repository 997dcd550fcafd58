#include <gmock/gmock.h>

#include "fhir/json/parse.h"
#include "gateway/service/history.h"
#include "gateway/service/search_type.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;

using Parameters = std::vector<std::pair<std::string, std::string>>;

class HistoryTest : public ClinicTest {
 protected:
  HistoryTest() {
    submit({patient("p1")});
    clock_.advance(std::chrono::seconds(60));
    submit({patient("p1", 2, "Second")});
    clock_.advance(std::chrono::seconds(60));
    submit({patient("p2"), observations("s1", 1, "p1", {"a", "b"})});
  }
  Result<HistoryPage> ask(const HistoryRequest& request) {
    return history(reader_permit_, *reader_, request);
  }
  std::size_t size(std::string type, Parameters parameters) {
    const auto page = ask({.type = std::move(type), .parameters = std::move(parameters)});
    EXPECT_TRUE(page) << page.error().summary();
    return page ? page->versions.size() : 0;
  }
  std::string at(int seconds) { return to_fhir_instant(start_ + std::chrono::seconds(seconds)); }

  Instant start_ = Instant(std::chrono::milliseconds(1'780'000'000'000));
};

TEST_F(HistoryTest, ABundleTellsWhatEachVersionCameFrom) {
  const auto page = ask({.type = "Patient", .id = ResourceId("p1")}).value();
  const auto bundle = encode_history(page, *reader_);
  const auto document = fhir::json::parse(bundle).value();
  EXPECT_EQ(document.root.string("type"), "history");
  EXPECT_EQ(document.root.find("total")->text(), "2");
  const auto entries = document.root.find("entry")->items();
  ASSERT_EQ(entries.size(), 2U);
  const auto& update = entries[0];
  EXPECT_EQ(update.string("fullUrl"), "https://gateway.example/fhir/Patient/p1");
  EXPECT_EQ(update.find("request")->string("method"), "PUT");
  EXPECT_EQ(update.find("request")->string("url"), "Patient/p1");
  EXPECT_EQ(update.find("response")->string("status"), "200");
  EXPECT_EQ(update.find("response")->string("etag"), "W/\"2\"");
  EXPECT_EQ(update.find("response")->string("lastModified"), at(60));
  EXPECT_EQ(entries[1].find("request")->string("method"), "POST");
  EXPECT_EQ(entries[1].find("request")->string("url"), "Patient");
  EXPECT_EQ(entries[1].find("response")->string("status"), "201");
}

TEST_F(HistoryTest, TypesAndTheSystemPageByTheirLinks) {
  HistoryRequest request{.parameters = {{"_count", "2"}}};
  std::vector<std::string> seen;
  for (;;) {
    const auto page = ask(request).value();
    EXPECT_EQ(page.total, 5U);
    for (const auto& one : page.versions)
      seen.push_back(one.resource.type + "/" + one.resource.id.text());
    if (page.next_url.empty()) break;
    EXPECT_THAT(page.next_url,
                HasSubstr("https://gateway.example/fhir/_history?_count=2&_cursor="));
    submit({patient("p" + std::to_string(10 + seen.size()))});
    request.parameters = {{"_count", "2"}, {std::string(kCursorParameter), page.next_cursor}};
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen.back(), "Patient/p1");
}

TEST_F(HistoryTest, SinceAndAtAreTakenToTheMillisecond) {
  EXPECT_EQ(size("Patient", {{"_since", at(0)}}), 3U);
  EXPECT_EQ(size("Patient", {{"_since", at(60)}}), 2U);
  EXPECT_EQ(size("Patient", {{"_since", at(61)}}), 1U);
  EXPECT_EQ(size("Patient", {{"_since", at(121)}}), 0U);
  EXPECT_EQ(size("Patient", {{"_at", at(59)}}), 1U);
  EXPECT_EQ(size("Patient", {{"_at", at(60)}}), 1U);
  EXPECT_EQ(size("Patient", {{"_at", at(120)}}), 2U);
  EXPECT_EQ(size("Patient", {{"_at", "ge" + at(59)}, {"_at", "le" + at(60)}}), 2U);
  EXPECT_EQ(size("Patient", {{"_at", "ge" + at(59)}, {"_at", "lt" + at(60)}}), 1U);
  EXPECT_EQ(size("Patient", {{"_at", "2026"}}), 3U);
  EXPECT_EQ(size("Patient", {{"_at", "2025"}}), 0U);
  EXPECT_EQ(size("Patient", {{"_at", at(120)}, {"_since", at(120)}}), 1U);
  const auto page = ask({.type = "Patient", .parameters = {{"_since", at(60)}, {"_count", "1"}}});
  EXPECT_THAT(page->next_url, HasSubstr("&_since=2026-"));
}

TEST_F(HistoryTest, RefusesWhatItDoesNotDo) {
  const auto expression = [&](Parameters parameters) {
    const auto page = ask({.type = "Patient", .parameters = std::move(parameters)});
    if (page) return std::string("taken");
    EXPECT_EQ(page.error().category(), Category::kInvalidRequest);
    return page.error().issues().front().expression;
  };
  for (const auto* value : {"2026-11-24", "2026-11-24T08:16Z", "2026-11-24T08:16:15", "yesterday",
                            "", "2026-13-01T00:00:00Z", "2026-11-24T08:16:15 01:00"})
    EXPECT_EQ(expression({{"_since", value}}), "_since") << value;
  for (const auto* value : {"", "x", "sa2026", "ge", "2026-02-30"})
    EXPECT_EQ(expression({{"_at", value}}), "_at") << value;
  EXPECT_EQ(expression({{"_at", "ge2027"}, {"_at", "le2026"}}), "_at");
  for (const auto* value : {"", "-1", "1.5", "ten", "0x1"})
    EXPECT_EQ(expression({{"_count", value}}), "_count") << value;
  EXPECT_EQ(expression({{"_count", "1"}, {"_count", "2"}}), "_count");
  EXPECT_EQ(expression({{"_sort", "_lastUpdated"}}), "_sort");
  EXPECT_EQ(expression({{"_list", "l1"}}), "_list");
  EXPECT_EQ(expression({{"name", "x"}}), "name");
  EXPECT_EQ(expression({{"_cursor", "forged"}}), "");
  EXPECT_EQ(expression({{"_sort", "-_lastUpdated"}, {"_format", "json"}, {"_pretty", "true"}}),
            "taken");
  EXPECT_EQ(expression({{"_count", "99999999999999999999999"}}), "taken");
}

TEST_F(HistoryTest, CountZeroCountsOnly) {
  const auto page = ask({.type = "Patient", .parameters = {{"_count", "0"}}}).value();
  EXPECT_EQ(page.total, 3U);
  EXPECT_TRUE(page.versions.empty());
  EXPECT_TRUE(page.next_url.empty());
}

TEST_F(HistoryTest, ScopesAndClinicsBoundIt) {
  const auto category = [&](const security::Permit& permit, const HistoryRequest& request) {
    const auto page = history(permit, *reader_, request);
    return page ? Category::kInternal : page.error().category();
  };
  const auto narrow = make_permit("system/Observation.s", {"east"});
  EXPECT_EQ(history(narrow, *reader_, {}).value().versions.size(), 2U);
  EXPECT_EQ(category(narrow, {.type = "Patient"}), Category::kForbidden);
  EXPECT_EQ(category(narrow, {.type = "Observation", .id = ResourceId("s1.a")}),
            Category::kForbidden);
  EXPECT_EQ(category(make_permit("system/*.r", {"east"}), {}), Category::kForbidden);
  EXPECT_EQ(category(reader_permit_, {.type = "Patients"}), Category::kNotFound);
  const auto west = make_permit("system/*.rs", {"west"});
  EXPECT_EQ(history(west, *reader_, {}).value().total, 0U);
  EXPECT_EQ(category(west, {.type = "Patient", .id = ResourceId("p1")}), Category::kNotFound);
}

}  // namespace
}  // namespace kap::gateway::service

#include <gmock/gmock.h>

#include "tests/unit/gateway/service/bundle_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;

class BatchTest : public BundleTest {
 protected:
  Answers run(const std::vector<EntryText>& entries, const security::Permit* permit = nullptr) {
    auto answers = send("batch", entries, permit);
    if (answers) return std::move(*answers);
    ADD_FAILURE() << answers.error().summary();
    return {};
  }
  static std::string expression(const Answers& answers, std::size_t index) {
    const auto* outcome = answers.response(index).find("outcome");
    if (outcome == nullptr) return "no outcome";
    const auto* expressions = outcome->find("issue")->items()[0].find("expression");
    return expressions == nullptr ? "none" : std::string(expressions->items()[0].text());
  }
};

TEST_F(BatchTest, OneFailingEntryLeavesTheOthersAlone) {
  const std::string named(kNamed);
  const auto answers = run({{.method = "POST", .url = "Patient", .resource = named},
                            {.method = "POST",
                             .url = "Patient",
                             .resource = R"({"resourceType":"Patient","gender":"m"})"},
                            {.method = "BREW", .url = "Patient"},
                            {.method = "GET", .url = "Patient/absent"},
                            {.method = "POST", .url = "Patient", .resource = named}});
  EXPECT_EQ(answers.document.root.string("type"), "batch-response");
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers.status(0), "201");
  EXPECT_EQ(answers.status(1), "422");
  EXPECT_EQ(expression(answers, 1), "Bundle.entry[1].resource.gender");
  EXPECT_EQ(answers.status(2), "400");
  EXPECT_EQ(expression(answers, 2), "Bundle.entry[2].request.method");
  EXPECT_EQ(answers.status(3), "404");
  EXPECT_EQ(answers.status(4), "201");
  EXPECT_EQ(versions("Patient"), 2U);
}

TEST_F(BatchTest, DoesEveryInteraction) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto path = "Patient/" + id;
  const auto answers = run(
      {{.method = "GET", .url = path},
       {.method = "GET", .url = path + "/_history/1"},
       {.method = "GET", .url = path + "/_history?_count=1"},
       {.method = "GET", .url = "Patient/_history"},
       {.method = "GET", .url = "_history?_since=2020-01-01T00:00:00Z"},
       {.method = "GET", .url = "Patient?identifier=urn%3Amrn%7C7&_count=1"},
       {.method = "HEAD", .url = path},
       {.method = "PUT", .url = path, .resource = patient_of(R"("active":true)", id)},
       {.method = "PATCH",
        .url = path,
        .resource = R"({"resourceType":"Binary","contentType":"application/json-patch+json",)"
                    R"("data":"W3sib3AiOiJhZGQiLCJwYXRoIjoiL2FjdGl2ZSIsInZhbHVlIjpmYWxzZX1d"})"},
       {.method = "GET", .url = path, .more = R"("ifNoneMatch":"W/\"3\"")"},
       {.method = "GET", .url = path, .more = R"("ifModifiedSince":"2100-01-01T00:00:00Z")"},
       {.method = "GET", .url = path, .more = R"("ifModifiedSince":"yesterday")"}});
  ASSERT_EQ(answers.size(), 12U);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(answers.status(i), "200") << answers.text(i);
  EXPECT_EQ(answers.response(0).string("etag"), "W/\"3\"");
  EXPECT_EQ(answers.response(1).string("etag"), "W/\"1\"");
  EXPECT_EQ(answers.entry(2).find("resource")->string("type"), "history");
  EXPECT_EQ(answers.entry(2).find("resource")->find("total")->text(), "3");
  EXPECT_THAT(answers.text(2), HasSubstr("\"relation\":\"next\""));
  EXPECT_EQ(answers.entry(5).find("resource")->string("type"), "searchset");
  EXPECT_EQ(answers.entry(6).find("resource"), nullptr);
  EXPECT_EQ(answers.response(7).string("location"), path + "/_history/2");
  EXPECT_EQ(answers.status(9), "304");
  EXPECT_EQ(answers.entry(9).find("resource"), nullptr);
  EXPECT_EQ(answers.status(10), "304");
  EXPECT_EQ(answers.status(11), "400");
  EXPECT_EQ(expression(answers, 11), "Bundle.entry[11].request.ifModifiedSince");
}

TEST_F(BatchTest, SearchesTheSystemAndCompartmentsToo) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  (void)post(observation_of("Patient/" + id));
  const auto answers = run({{.method = "GET", .url = "?_type=Patient&_id=" + id},
                            {.method = "GET", .url = "Patient/" + id + "/Observation?code=8867-4"},
                            {.method = "GET", .url = "Patient/" + id + "/*"},
                            {.method = "GET", .url = "Patient/" + id + "/Wrong"},
                            {.method = "DELETE", .url = "Patient/" + id + "/Observation"}});
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(answers.status(i), "200") << answers.text(i);
    EXPECT_EQ(answers.entry(i).find("resource")->find("entry")->items().size(), 1U);
  }
  EXPECT_EQ(answers.status(3), "404");
  EXPECT_EQ(answers.status(4), "400");
}

TEST_F(BatchTest, AnEntryMayNeedAnotherThatIsUnderWay) {
  const auto answers = send(
      "batch",
      {{.method = "PUT", .url = "Patient/mine", .resource = patient_of("", "mine")},
       {.method = "PUT",
        .url = "Observation/seen",
        .resource = R"({"id":"seen",)" + observation_of("Patient/mine").substr(1)},
       {.method = "PUT", .url = "Patient/mine", .resource = patient_of(R"("active":true)", "mine")},
       {.method = "POST",
        .url = "Patient",
        .resource = std::string(kNamed),
        .more = R"("ifNoneExist":"identifier=urn:mrn|7")"},
       {.method = "POST",
        .url = "Patient",
        .resource = std::string(kNamed),
        .more = R"("ifNoneExist":"identifier=urn:mrn|7")"}},
      &namer_);
  ASSERT_TRUE(answers) << answers.error().summary();
  std::string statuses;
  for (std::size_t i = 0; i < 5; ++i) statuses += answers->status(i) + " ";
  EXPECT_EQ(statuses, "201 201 200 201 200 ");
  EXPECT_EQ(answers->name(3), answers->name(4));
  EXPECT_THAT(body("Patient", "mine"), HasSubstr("true"));
}

TEST_F(BatchTest, ScopesAndClinicsHoldForEachEntry) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto permit = make_permit("system/Patient.rs system/Observation.c", {"east"});
  const auto answers =
      run({{.method = "GET", .url = "Patient/" + id},
           {.method = "DELETE", .url = "Patient/" + id},
           {.method = "POST", .url = "Observation", .resource = observation_of("Patient/" + id)},
           {.method = "GET", .url = "Observation?code=1"}},
          &permit);
  EXPECT_EQ(answers.status(0), "200");
  EXPECT_EQ(answers.status(1), "403");
  EXPECT_EQ(answers.status(2), "201");
  EXPECT_EQ(answers.status(3), "403");
  const auto other = run({{.method = "GET", .url = "Patient/" + id},
                          {.method = "GET", .url = "Patient/" + id + "/_history"},
                          {.method = "GET", .url = "Patient?identifier=urn:mrn|7"},
                          {.method = "PATCH",
                           .url = "Patient/" + id,
                           .resource = R"({"resourceType":"Binary","contentType":)"
                                       R"("application/json-patch+json","data":"W10="})"}},
                         &west_);
  EXPECT_EQ(other.status(0), "404");
  EXPECT_EQ(other.status(1), "404");
  EXPECT_EQ(other.entry(2).find("resource")->find("entry"), nullptr);
  EXPECT_EQ(other.status(3), "404");
}

TEST_F(BatchTest, ManyWritesShareCommits) {
  std::vector<EntryText> entries(
      300, {.method = "POST", .url = "Patient", .resource = std::string(kNamed)});
  const auto answers = run(entries);
  ASSERT_EQ(answers.size(), 300U);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(answers.status(i), "201");
}

}  // namespace
}  // namespace kap::gateway::service

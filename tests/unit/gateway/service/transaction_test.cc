#include <gmock/gmock.h>

#include <thread>

#include "fhir/base/bundle_limits.h"
#include "tests/unit/gateway/service/bundle_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kUuid = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9";
constexpr std::string_view kOther = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b";

class TransactionTest : public BundleTest {
 protected:
  Result<Answers> transact(const std::vector<EntryText>& entries,
                           const security::Permit* permit = nullptr) {
    return send("transaction", entries, permit);
  }
  /// The first issue of a refusal.
  static Issue issue(const Result<Answers>& result) {
    if (result) ADD_FAILURE() << "no refusal";
    return result ? Issue{} : result.error().issues().front();
  }
};

TEST_F(TransactionTest, ReferencesBetweenEntriesBecomeTheirNewNames) {
  const auto answers =
      transact({{.method = "POST",
                 .url = "Observation",
                 .resource = observation_of(
                     kUuid, fmt::format(R"(,"derivedFrom":[{{"reference":"{}"}}])", kOther))},
                {.method = "POST",
                 .url = "Observation",
                 .resource = observation_of(kUuid),
                 .full_url = std::string(kOther)},
                {.method = "POST",
                 .url = "Patient",
                 .resource = std::string(kNamed),
                 .full_url = std::string(kUuid)}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_EQ(answers->document.root.string("type"), "transaction-response");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(answers->status(i), "201");
    EXPECT_EQ(answers->response(i).string("etag"), "W/\"1\"");
    EXPECT_EQ(answers->response(i).string("lastModified"), to_fhir_instant(clock_.now()));
  }
  const auto first = body("Observation", answers->id(0));
  EXPECT_THAT(first, HasSubstr(R"("subject":{"reference":")" + answers->name(2) + "\""));
  EXPECT_THAT(first, HasSubstr(R"("derivedFrom":[{"reference":")" + answers->name(1) + "\""));
  EXPECT_EQ(store_->read(ehr_, "Observation", ResourceId(answers->id(0)))->patient,
            ResourceId(answers->id(2)));
}

TEST_F(TransactionTest, ResourcesMayPointToEachOtherInACircle) {
  const auto linked = [](std::string_view to) {
    return fmt::format(
        R"({{"resourceType":"Patient","link":[{{"other":{{"reference":"{}"}},"type":"seealso"}}]}})",
        to);
  };
  const auto answers = transact({{.method = "POST",
                                  .url = "Patient",
                                  .resource = linked(kOther),
                                  .full_url = std::string(kUuid)},
                                 {.method = "POST",
                                  .url = "Patient",
                                  .resource = linked(kUuid),
                                  .full_url = std::string(kOther)}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_THAT(body("Patient", answers->id(0)), HasSubstr(answers->name(1)));
  EXPECT_THAT(body("Patient", answers->id(1)), HasSubstr(answers->name(0)));
}

TEST_F(TransactionTest, RewritesUrisAndNarrativesButNoStringsOrCanonicals) {
  const auto resource = fmt::format(
      R"({{"resourceType":"Questionnaire","status":"draft","url":"{0}","derivedFrom":["{0}"],)"
      R"("identifier":[{{"system":"urn:ietf:rfc:3986","value":"{0}"}}],"title":"{0}",)"
      R"("text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">)"
      R"(<a href=\"{0}\">a</a><img src='{0}#x' alt=\"{0}\"/> {0}</div>"}},)"
      R"("extension":[{{"url":"http://example.org/e","valueUri":"{0}"}},)"
      R"({{"url":"http://example.org/f","valueString":"{0}"}},)"
      R"({{"url":"http://example.org/g","valueReference":{{"reference":"{0}"}}}}]}})",
      kUuid);
  const auto answers = transact({{.method = "POST", .url = "Questionnaire", .resource = resource},
                                 {.method = "POST",
                                  .url = "Patient",
                                  .resource = std::string(kNamed),
                                  .full_url = std::string(kUuid)}});
  ASSERT_TRUE(answers) << answers.error().summary();
  const auto text = body("Questionnaire", answers->id(0));
  const auto name = answers->name(1);
  const std::string old(kUuid);
  EXPECT_THAT(text, HasSubstr(R"("url":")" + name + "\""));
  EXPECT_THAT(text, HasSubstr(R"("valueUri":")" + name + "\""));
  EXPECT_THAT(text, HasSubstr(R"("reference":")" + name + "\""));
  EXPECT_THAT(text, HasSubstr(R"(href=\")" + name + R"(\")"));
  EXPECT_THAT(text, HasSubstr("src='" + name + "#x'"));
  EXPECT_THAT(text, HasSubstr(R"(alt=\")" + old + R"(\"/> )" + old));
  EXPECT_THAT(text, HasSubstr(R"("derivedFrom":[")" + old + "\"]"));
  EXPECT_THAT(text, HasSubstr(R"("value":")" + old + "\""));
  EXPECT_THAT(text, HasSubstr(R"("title":")" + old + "\""));
  EXPECT_THAT(text, HasSubstr(R"("valueString":")" + old + "\""));
}

TEST_F(TransactionTest, RelativeReferencesAreReadBesideTheFullUrl) {
  const auto answers = transact({{.method = "POST",
                                  .url = "Observation",
                                  .resource = observation_of("Patient/7"),
                                  .full_url = "http://elsewhere.example/fhir/Observation/1"},
                                 {.method = "POST",
                                  .url = "Patient",
                                  .resource = std::string(kNamed),
                                  .full_url = "http://elsewhere.example/fhir/Patient/7"}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_THAT(body("Observation", answers->id(0)), HasSubstr(answers->name(1)));
}

TEST_F(TransactionTest, OneFaultLeavesNothingBehindAndNamesItsEntry) {
  const auto before = versions("Patient");
  std::vector<EntryText> entries;
  for (int i = 0; i < 20; ++i)
    entries.push_back({.method = "POST", .url = "Patient", .resource = std::string(kNamed)});
  entries.push_back({.method = "POST",
                     .url = "Patient",
                     .resource = R"({"resourceType":"Patient","gender":"m"})"});
  const auto refused = transact(entries);
  EXPECT_EQ(category(refused), Category::kUnprocessable);
  EXPECT_EQ(issue(refused).expression, "Bundle.entry[20].resource.gender");
  EXPECT_EQ(versions("Patient"), before);
}

TEST_F(TransactionTest, EachKindOfFaultHasItsPlaceAndStatus) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  (void)post(std::string(kNamed));
  const auto check = [&](const EntryText& entry, Category wanted, std::string_view expression) {
    const EntryText good{.method = "POST", .url = "Patient", .resource = std::string(kNamed)};
    const auto refused = transact({good, entry});
    EXPECT_EQ(category(refused), wanted) << to_json(entry);
    EXPECT_EQ(issue(refused).expression, expression) << to_json(entry);
  };
  const std::string named(kNamed);
  const auto none = Category::kInvalidRequest;
  check({"PUSH", "Patient", named}, none, "Bundle.entry[1].request.method");
  check({"POST", "", named}, none, "Bundle.entry[1].request.url");
  check({"POST", "Patient/1", named}, none, "Bundle.entry[1].request.url");
  check({"PUT", "Patient", named}, none, "Bundle.entry[1].request.url");
  check({"POST", "Patients", named}, Category::kNotFound, "Bundle.entry[1].request.url");
  check({"POST", "http://else.example/Patient", named}, none, "Bundle.entry[1].request.url");
  check({"PUT", "Patient/a b", named}, none, "Bundle.entry[1].request.url");
  check({"POST", "Patient"}, none, "Bundle.entry[1].resource");
  check({"POST", "Observation", named}, none, "Bundle.entry[1].resource.resourceType");
  check({"PUT", "Patient/" + id, named}, none, "Bundle.entry[1].resource.id");
  check({"PUT", "Patient/" + id, patient_of("", id), "", R"("ifMatch":"W/\"9\"")"},
        Category::kPreconditionFailed, "Bundle.entry[1].request");
  check({"PUT", "Patient/" + id, patient_of("", id), "", R"("ifMatch":"9")"}, none,
        "Bundle.entry[1].request.ifMatch");
  check({"DELETE", "Patient/" + id, "", "", R"("ifNoneExist":"x=1")"}, none,
        "Bundle.entry[1].request.ifNoneExist");
  check({"PUT", "Patient?identifier=urn:mrn|7", named}, Category::kPreconditionFailed,
        "Bundle.entry[1].request");
  check({"DELETE", "Patient?nonsense=1"}, none, "Bundle.entry[1].request");
  check({"GET", "Patient/absent"}, Category::kNotFound, "Bundle.entry[1].request");
  check({"GET", "Patient?birthdate=x"}, none, "Bundle.entry[1].request");
  check({"PATCH", "Patient/" + id, named}, none, "Bundle.entry[1].resource");
  check({"POST", "Patient", named, "http://x.example/Patient/1/_history/2"}, none,
        "Bundle.entry[1].fullUrl");
  check({"POST", "Observation", observation_of(kUuid)}, Category::kUnprocessable,
        "Bundle.entry[1].resource.subject.reference");
  check({"POST", "Observation", observation_of("Patient/unheard-of")}, Category::kUnprocessable,
        "Bundle.entry[1].resource.subject");
}

TEST_F(TransactionTest, ConditionalReferencesMatchExactlyOne) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const EntryText entry{.method = "POST",
                        .url = "Observation",
                        .resource = observation_of("Patient?identifier=urn:mrn|7")};
  const auto answers = transact({entry});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_THAT(body("Observation", answers->id(0)), HasSubstr("\"Patient/" + id + "\""));
  const EntryText absent{.method = "POST",
                         .url = "Observation",
                         .resource = observation_of("Patient?identifier=urn:mrn|8")};
  EXPECT_EQ(category(transact({absent})), Category::kPreconditionFailed);
  EXPECT_EQ(issue(transact({absent})).expression, "Bundle.entry[0].resource.subject.reference");
  (void)post(std::string(kNamed));
  EXPECT_EQ(category(transact({entry})), Category::kPreconditionFailed);
  EXPECT_EQ(issue(transact({entry})).code, IssueType::kMultipleMatches);
  const auto blind = make_permit("system/Observation.cruds", {"east"});
  EXPECT_EQ(category(transact({entry}, &blind)), Category::kForbidden);
  EXPECT_EQ(category(transact({entry}, &west_)), Category::kPreconditionFailed);
}

TEST_F(TransactionTest, ConditionalReferencesFindWhatTheTransactionItselfWrites) {
  const EntryText maker{.method = "POST", .url = "Patient", .resource = std::string(kNamed)};
  const EntryText user{.method = "POST",
                       .url = "Observation",
                       .resource = observation_of("Patient?identifier=urn:mrn|7")};
  const auto answers = transact({user, maker});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_THAT(body("Observation", answers->id(0)), HasSubstr(answers->name(1)));
  EXPECT_EQ(category(transact({user, maker})), Category::kPreconditionFailed);  // two by now
}

TEST_F(TransactionTest, DeletesBeforeItCreatesAndReadsLast) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto answers = transact({{.method = "GET", .url = "Patient?identifier=urn:mrn|7"},
                                 {.method = "POST",
                                  .url = "Patient",
                                  .resource = std::string(kNamed),
                                  .more = R"("ifNoneExist":"identifier=urn:mrn|7")"},
                                 {.method = "DELETE", .url = "Patient/" + id}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_EQ(answers->status(0), "200");
  EXPECT_EQ(answers->status(1), "201");
  EXPECT_EQ(answers->status(2), "204");
  const auto& found = *answers->entry(0).find("resource");
  ASSERT_EQ(found.find("entry")->items().size(), 1U);
  EXPECT_EQ(found.find("entry")->items()[0].find("resource")->string("id"), answers->id(1));
  EXPECT_NE(answers->id(1), id);
}

TEST_F(TransactionTest, AReadOfWhatIsWrittenSeesItAndOneOfWhatIsDeletedIsGone) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto answers = transact(
      {{.method = "GET", .url = "Patient/" + id},
       {.method = "PUT", .url = "Patient/" + id, .resource = patient_of(R"("active":true)", id)},
       {.method = "HEAD", .url = "Patient/" + id}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_EQ(answers->response(0).string("etag"), "W/\"2\"");
  EXPECT_THAT(answers->text(0), HasSubstr(R"("active":true)"));
  EXPECT_EQ(answers->status(2), "200");
  EXPECT_EQ(answers->entry(2).find("resource"), nullptr);
}

TEST_F(TransactionTest, WritesEachResourceOnce) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const EntryText update{
      .method = "PUT", .url = "Patient/" + id, .resource = patient_of(R"("active":true)", id)};
  for (const auto& other :
       {update, EntryText{.method = "DELETE", .url = "Patient/" + id},
        EntryText{
            .method = "PUT", .url = "Patient?identifier=urn:mrn|7", .resource = patient_of("")}}) {
    const auto refused = transact({update, other});
    EXPECT_EQ(category(refused), Category::kInvalidRequest);
    EXPECT_EQ(issue(refused).code, IssueType::kDuplicate);
  }
  const EntryText made{.method = "POST",
                       .url = "Patient",
                       .resource = std::string(kNamed),
                       .full_url = std::string(kUuid)};
  EXPECT_EQ(issue(transact({made, made})).expression, "Bundle.entry[1].fullUrl");
}

TEST_F(TransactionTest, ConditionalCreatesOfTheSameCriteriaMakeOne) {
  const EntryText entry{.method = "POST",
                        .url = "Patient",
                        .resource = std::string(kNamed),
                        .full_url = std::string(kUuid),
                        .more = R"("ifNoneExist":"identifier=urn:mrn|7")"};
  auto second = entry;
  second.full_url = kOther;
  const auto answers =
      transact({entry,
                second,
                {.method = "POST", .url = "Observation", .resource = observation_of(kOther)}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_EQ(answers->status(0), "201");
  EXPECT_EQ(answers->status(1), "200");
  EXPECT_EQ(answers->name(0), answers->name(1));
  EXPECT_THAT(body("Observation", answers->id(2)), HasSubstr(answers->name(0)));
  const auto again = transact({entry});
  ASSERT_TRUE(again) << again.error().summary();
  EXPECT_EQ(again->status(0), "200");
  EXPECT_EQ(again->name(0), answers->name(0));
  EXPECT_EQ(versions("Patient"), 1U);
}

TEST_F(TransactionTest, SimultaneousConditionalCreatesMakeOneResource) {
  const auto bundle = bundle_of(
      "transaction", {{.method = "POST",
                       .url = "Patient",
                       .resource = std::string(kNamed),
                       .full_url = std::string(kUuid),
                       .more = R"("ifNoneExist":"identifier=urn:mrn|7")"},
                      {.method = "POST", .url = "Observation", .resource = observation_of(kUuid)}});
  std::vector<std::thread> threads;
  std::vector<std::string> names(8);
  for (auto& name : names)
    threads.emplace_back([&] {
      const auto answers = send(bundle);
      if (answers) name = answers->name(0);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& name : names) EXPECT_EQ(name, names.front());
  EXPECT_EQ(versions("Patient"), 1U);
  EXPECT_EQ(versions("Observation"), names.size());
}

TEST_F(TransactionTest, ScopesHoldForEachEntry) {
  const auto permit = make_permit("system/Patient.cruds", {"east"});
  const auto refused =
      transact({{.method = "POST",
                 .url = "Patient",
                 .resource = std::string(kNamed),
                 .full_url = std::string(kUuid)},
                {.method = "POST", .url = "Observation", .resource = observation_of(kUuid)}},
               &permit);
  EXPECT_EQ(category(refused), Category::kForbidden);
  EXPECT_EQ(issue(refused).expression, "Bundle.entry[1].request");
  EXPECT_EQ(versions("Patient"), 0U);
  const auto reader = make_permit("system/*.rs", {"east"});
  EXPECT_EQ(category(transact({{.method = "DELETE", .url = "Patient/1"}}, &reader)),
            Category::kForbidden);
}

TEST_F(TransactionTest, WhatAnotherClinicHasIsNotThere) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  EXPECT_EQ(category(transact({{.method = "GET", .url = "Patient/" + id}}, &west_)),
            Category::kNotFound);
  EXPECT_EQ(
      category(transact({{.method = "PUT", .url = "Patient/" + id, .resource = patient_of("", id)}},
                        &west_)),
      Category::kNotFound);
  const auto removed = transact({{.method = "DELETE", .url = "Patient/" + id}}, &west_);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->status(0), "204");
  EXPECT_TRUE(get("Patient", id));
  const auto namer = make_permit("system/*.cruds", {"west"}, {}, security::IdAssignment::kClient);
  const auto taken =
      transact({{.method = "PUT", .url = "Patient/" + id, .resource = patient_of("", id)}}, &namer);
  EXPECT_EQ(category(taken), Category::kNotFound);
  EXPECT_EQ(issue(taken).expression, "Bundle.entry[0].request");
}

TEST_F(TransactionTest, PatchesInABinaryAndByParameters) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  // [{"op":"add","path":"/active","value":true}]
  const auto answers = transact(
      {{.method = "PATCH",
        .url = "Patient/" + id,
        .resource = R"({"resourceType":"Binary","contentType":"application/json-patch+json",)"
                    R"("data":"W3sib3AiOiJhZGQiLCJwYXRoIjoiL2FjdGl2ZSIsInZhbHVlIjp0cnVlfV0="})"}});
  ASSERT_TRUE(answers) << answers.error().summary();
  EXPECT_EQ(answers->response(0).string("etag"), "W/\"2\"");
  EXPECT_THAT(body("Patient", id), HasSubstr(R"("active":true)"));
  const auto second = transact(
      {{.method = "PATCH",
        .url = "Patient?identifier=urn:mrn|7",
        .resource = R"({"resourceType":"Parameters","parameter":[{"name":"operation","part":[)"
                    R"({"name":"type","valueCode":"replace"},)"
                    R"({"name":"path","valueString":"Patient.active"},)"
                    R"({"name":"value","valueBoolean":false}]}]})"}});
  ASSERT_TRUE(second) << second.error().summary();
  EXPECT_THAT(body("Patient", id), HasSubstr(R"("active":false)"));
  for (const auto* bad :
       {R"({"resourceType":"Binary","contentType":"application/xml","data":"W10="})",
        R"({"resourceType":"Binary","contentType":"application/json-patch+json","data":"W1=0"})"})
    EXPECT_EQ(category(transact({{.method = "PATCH", .url = "Patient/" + id, .resource = bad}})),
              Category::kInvalidRequest);
}

TEST_F(TransactionTest, TooManyEntriesAreRefused) {
  std::vector<EntryText> entries(limits::kBundleEntries + 1,
                                 {.method = "DELETE", .url = "Patient/1"});
  const auto refused = transact(entries);
  EXPECT_EQ(category(refused), Category::kTooLarge);
  EXPECT_THAT(issue(refused).diagnostics, HasSubstr("5000"));
}

TEST_F(TransactionTest, AnEmptyOneIsAnswered) {
  const auto answers = send(R"({"resourceType":"Bundle","type":"transaction"})");
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->document.root.find("entry"), nullptr);
  for (const auto* bad :
       {"", "[]", "{}", R"({"resourceType":"Patient"})", R"({"resourceType":"Bundle"})",
        R"({"resourceType":"Bundle","type":"collection"})",
        R"({"resourceType":"Bundle","type":"transaction","entry":{}})",
        R"({"resourceType":"Bundle","type":"transaction","entry":[]})",
        R"({"resourceType":"Bundle","type":"transaction","entry":[1]})",
        R"({"resourceType":"Bundle","type":"transaction","entry":[{}]})",
        R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":1}}]})"})
    EXPECT_EQ(category(send(bad)), Category::kInvalidRequest) << bad;
}

TEST_F(TransactionTest, AnswersHoldWhatWasPreferred) {
  const std::vector<EntryText> entries{
      {.method = "POST", .url = "Patient", .resource = std::string(kNamed)}};
  EXPECT_EQ(transact(entries)->entry(0).find("resource"), nullptr);
  const auto whole = send("transaction", entries, nullptr, EntryReturn::kRepresentation).value();
  EXPECT_EQ(fhir::json::to_text(*whole.entry(0).find("resource")), body("Patient", whole.id(0)));
  EXPECT_EQ(whole.entry(0).string("fullUrl"), "https://gateway.example/fhir/" + whole.name(0));
  const auto told = send("transaction", entries, nullptr, EntryReturn::kOperationOutcome).value();
  EXPECT_EQ(told.response(0).find("outcome")->string("resourceType"), "OperationOutcome");
}

}  // namespace
}  // namespace kap::gateway::service

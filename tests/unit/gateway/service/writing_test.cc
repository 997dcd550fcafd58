#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>
#include <set>
#include <vector>

#include "fhir/json/parse.h"
#include "gateway/service/search_type.h"
#include "gateway/service/vread.h"
#include "tests/unit/gateway/service/writing_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;

std::string heart_rate(std::string_view subject) {
  return fmt::format(
      R"({{"resourceType":"Observation","status":"final","code":{{"coding":[{{)"
      R"("system":"http://loinc.org","code":"8867-4"}}]}},"subject":{{"reference":"{}"}}}})",
      subject);
}

TEST_F(WritingTest, ACreatedResourceHasTheServersIdAndVersion) {
  const auto made =
      post(R"({"id":"mine","resourceType":"Patient","meta":{"versionId":"9",)"
           R"("lastUpdated":"2001-01-01T00:00:00Z","tag":[{"code":"x"}]},"active":true})");
  ASSERT_TRUE(made) << made.error().summary();
  EXPECT_EQ(made->result, WriteResult::kCreated);
  EXPECT_EQ(made->resource.version, 1U);
  const auto id = made->resource.id.text();
  EXPECT_EQ(id.size(), 26U);
  EXPECT_EQ(made->resource.json, R"({"resourceType":"Patient","id":")" + id +
                                     R"(","meta":{"versionId":"1","lastUpdated":")" +
                                     to_fhir_instant(clock_.now()) +
                                     R"(","tag":[{"code":"x"}]},"active":true})");
  EXPECT_EQ(get("Patient", id)->json, made->resource.json);
}

TEST_F(WritingTest, AResourceWithoutMetaGetsOne) {
  const auto made = post(R"({"resourceType":"Patient","active":true})").value();
  EXPECT_THAT(made.resource.json, HasSubstr(R"("meta":{"versionId":"1","lastUpdated":")"));
  EXPECT_TRUE(fhir::json::parse(made.resource.json));
}

TEST_F(WritingTest, IdsAreNeverTheSame) {
  std::set<std::string> ids;
  for (int i = 0; i < 1'000; ++i) ids.insert(ids_.next().text());
  EXPECT_EQ(ids.size(), 1'000U);
  for (const auto& id : ids)
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
}

TEST_F(WritingTest, EveryFaultOfTheContentIsTold) {
  const auto refused = post(R"({"resourceType":"Patient","gender":"m","birthDate":"1.1.2000"})");
  ASSERT_EQ(category(refused), Category::kUnprocessable);
  ASSERT_EQ(refused.error().issues().size(), 2U);
  EXPECT_EQ(refused.error().issues()[0].expression, "Patient.gender");
  EXPECT_TRUE(refused.error().issues()[0].position.has_value());
  EXPECT_EQ(refused.error().issues()[1].expression, "Patient.birthDate");
}

TEST_F(WritingTest, WhatIsNoResourceOfTheTypeIsRefused) {
  for (const auto* text : {"", "  ", "[]", "{}", R"({"resourceType":"Observation"})",
                           R"({"resourceType":1})", R"({"resourceType":"Patient",})"}) {
    const auto incoming = parse_incoming(text, "Patient");
    EXPECT_EQ(category(incoming), Category::kInvalidRequest) << text;
  }
  const auto broken = parse_incoming("{\n  \"resourceType\": Patient}", "Patient");
  ASSERT_FALSE(broken);
  ASSERT_TRUE(broken.error().issues().front().position.has_value());
  EXPECT_EQ(broken.error().issues().front().position->line, 2U);
}

TEST_F(WritingTest, AnUpdateMakesTheNextVersion) {
  const auto id = post(patient_of(R"("active":true)"))->resource.id.text();
  const auto updated = put(id, patient_of(R"("active":false)", id)).value();
  EXPECT_EQ(updated.result, WriteResult::kUpdated);
  EXPECT_EQ(updated.resource.version, 2U);
  EXPECT_THAT(get("Patient", id)->json, HasSubstr("false"));
  EXPECT_THAT(service::vread(ehr_, *reader_, "Patient", ResourceId(id), 1)->json,
              HasSubstr("true"));
}

TEST_F(WritingTest, TheSameContentMakesNoVersion) {
  const auto made = post(patient_of(R"("active":true,"gender":"other")")).value();
  const auto id = made.resource.id.text();
  // What was read, with its meta, and in another order: the content is the same.
  for (const auto& same :
       {made.resource.json, patient_of(R"("gender":"other","active":true)", id)}) {
    const auto answer = put(id, same).value();
    EXPECT_EQ(answer.result, WriteResult::kUnchanged);
    EXPECT_EQ(answer.resource.version, 1U);
    EXPECT_EQ(answer.resource.json, made.resource.json);
  }
}

TEST_F(WritingTest, IfMatchNamesTheVersionThatIsChanged) {
  const auto id = post(patient_of(R"("active":true)"))->resource.id.text();
  ASSERT_TRUE(put(id, patient_of(R"("active":false)", id), store::Version{1}));
  EXPECT_EQ(category(put(id, patient_of("", id), store::Version{1})),
            Category::kPreconditionFailed);
  EXPECT_EQ(category(remove("Patient", id, store::Version{1})), Category::kPreconditionFailed);
  EXPECT_EQ(category(put(id, patient_of("", id), store::MustNotExist{})),
            Category::kPreconditionFailed);
  EXPECT_EQ(put(id, patient_of("", id), store::MustExist{})->resource.version, 3U);
  EXPECT_EQ(remove("Patient", id, store::Version{3})->result, WriteResult::kDeleted);
}

TEST_F(WritingTest, AnIfMatchHeaderIsOneVersion) {
  EXPECT_EQ(std::get<store::Version>(parse_if_match(R"(W/"3")").value()), 3U);
  EXPECT_EQ(std::get<store::Version>(parse_if_match(R"( "12" )").value()), 12U);
  EXPECT_EQ(std::get<store::Version>(parse_if_match(R"(W/"abc")").value()), 0U);
  EXPECT_TRUE(std::holds_alternative<store::MustExist>(parse_if_match("*").value()));
  for (const auto* bad : {"", "3", "W/3", R"(W/"3)", R"(W/"1", W/"2")", R"(")"})
    EXPECT_EQ(category(parse_if_match(bad)), Category::kInvalidRequest) << bad;
}

TEST_F(WritingTest, TheContentHasTheIdOfTheUrl) {
  const auto id = post(patient_of(R"("active":true)"))->resource.id.text();
  EXPECT_EQ(category(put(id, patient_of(""))), Category::kInvalidRequest);
  EXPECT_EQ(category(put(id, patient_of("", "other"))), Category::kInvalidRequest);
}

TEST_F(WritingTest, OnlyARegisteredClientNamesResources) {
  EXPECT_EQ(category(put("mine", patient_of("", "mine"))), Category::kNotFound);
  const auto made = put("mine", patient_of("", "mine"), {}, &namer_).value();
  EXPECT_EQ(made.result, WriteResult::kCreated);
  EXPECT_EQ(made.resource.version, 1U);
  EXPECT_EQ(put("mine", patient_of(R"("active":true)", "mine"))->result, WriteResult::kUpdated);
  EXPECT_EQ(category(put("a_b", patient_of("", "a_b"), {}, &namer_)), Category::kNotFound);
}

TEST_F(WritingTest, ADeletedResourceIsGoneUntilItIsPutAgain) {
  const auto id = post(patient_of(R"("active":true)"))->resource.id.text();
  EXPECT_EQ(remove("Patient", id)->resource.version, 2U);
  EXPECT_EQ(category(get("Patient", id)), Category::kGone);
  EXPECT_EQ(remove("Patient", id)->result, WriteResult::kAbsent);
  EXPECT_EQ(category(remove("Patient", id, store::Version{2})), Category::kPreconditionFailed);
  EXPECT_EQ(remove("Patient", "never")->result, WriteResult::kAbsent);
  const auto back = put(id, patient_of(R"("active":true)", id)).value();
  EXPECT_EQ(back.result, WriteResult::kCreated);
  EXPECT_EQ(back.resource.version, 3U);
}

TEST_F(WritingTest, WhatARecordYieldsChangesOnlyWithIt) {
  submit_one(patient("p1"));
  EXPECT_EQ(category(put("p1", patient_of("", "p1"))), Category::kConflict);
  EXPECT_EQ(category(remove("Patient", "p1")), Category::kConflict);
  const auto stored = get("Patient", "p1").value();
  EXPECT_EQ(put("p1", stored.json)->result, WriteResult::kUnchanged);
}

TEST_F(WritingTest, AnotherClinicsResourceIsAsIfItWereNotThere) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  auto west_namer = make_permit("system/*.cruds", {"west"}, {}, security::IdAssignment::kClient);
  for (const auto* permit : {&west_, &west_namer}) {
    const auto taken = put(id, patient_of("", id), {}, permit);
    ASSERT_EQ(category(taken), Category::kNotFound);
    EXPECT_EQ(taken.error().summary(), not_there().summary());
    EXPECT_EQ(remove("Patient", id, {}, permit)->result, WriteResult::kAbsent);
  }
  // The criteria do not match what is not seen.
  EXPECT_EQ(post(std::string(kNamed), "identifier=urn:mrn|7", &west_)->result,
            WriteResult::kCreated);
  EXPECT_EQ(get("Patient", id)->version, 1U);
}

TEST_F(WritingTest, OwnershipComesFromThePatient) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto rate = post(heart_rate("Patient/" + id));
  ASSERT_TRUE(rate) << rate.error().summary();
  const auto stored = store_->read(ehr_, "Observation", rate->resource.id).value();
  EXPECT_EQ(stored.patient, ResourceId(id));
  EXPECT_EQ(stored.clinic, ClinicId("east"));
  EXPECT_FALSE(stored.source.has_value());
  const auto own = store_->read(ehr_, "Patient", ResourceId(id)).value();
  EXPECT_EQ(own.patient, ResourceId(id));
}

TEST_F(WritingTest, APatientThatIsNotSeenIsNotThere) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto foreign = post(heart_rate("Patient/" + id), {}, &west_);
  const auto absent = post(heart_rate("Patient/none"), {}, &west_);
  ASSERT_EQ(category(foreign), Category::kUnprocessable);
  EXPECT_EQ(foreign.error().summary(), absent.error().summary());
  EXPECT_EQ(foreign.error().issues().front().expression, "Observation.subject");
}

TEST_F(WritingTest, OurOwnBaseUrlMakesALocalReference) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto rate = post(heart_rate(reader_->base_url + "/Patient/" + id)).value();
  EXPECT_THAT(rate.resource.json, HasSubstr(R"({"reference":"Patient/)" + id));
  const auto elsewhere = post(heart_rate("https://other.example/fhir/Patient/" + id)).value();
  EXPECT_THAT(elsewhere.resource.json, HasSubstr("https://other.example/fhir/Patient/"));
  EXPECT_FALSE(store_->read(ehr_, "Observation", elsewhere.resource.id)->patient.has_value());
}

TEST_F(WritingTest, AClientOfSeveralClinicsWritesWhereThePatientIs) {
  const auto both = make_permit("system/*.cruds", {"east", "west"});
  const auto id = post(std::string(kNamed), {}, &west_)->resource.id.text();
  const auto rate = post(heart_rate("Patient/" + id), {}, &both).value();
  EXPECT_EQ(store_->read(both, "Observation", rate.resource.id)->clinic, ClinicId("west"));
  const auto unclear = post(std::string(kNamed), {}, &both);
  ASSERT_EQ(category(unclear), Category::kUnprocessable);
  EXPECT_THAT(unclear.error().summary(), HasSubstr("2 clinics"));
  // It stays where it is.
  const auto east_id = post(std::string(kNamed))->resource.id.text();
  const auto moved = put(
      rate.resource.id.text(),
      heart_rate("Patient/" + east_id).insert(1, R"("id":")" + rate.resource.id.text() + R"(",)"),
      {}, &both);
  EXPECT_EQ(category(moved), Category::kUnprocessable);
}

TEST_F(WritingTest, SeveralPatientsCannotOwnOneResource) {
  const auto one = post(std::string(kNamed))->resource.id.text();
  const auto two = post(std::string(kNamed))->resource.id.text();
  const auto appointment =
      fmt::format(R"({{"resourceType":"Appointment","status":"proposed","participant":[)"
                  R"({{"actor":{{"reference":"Patient/{}"}},"status":"accepted"}},)"
                  R"({{"actor":{{"reference":"Patient/{}"}},"status":"accepted"}}]}})",
                  one, two);
  EXPECT_EQ(category(post(appointment)), Category::kUnprocessable);
}

constexpr std::string_view kSecret =
    R"("meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode",)"
    R"("code":"42CFRPart2"}]})";

TEST_F(WritingTest, NobodyWritesWhatTheyCouldNotSee) {
  const auto narrow = make_permit("system/*.cruds", {"east"}, security::sensitivity::k42CfrPart2);
  EXPECT_EQ(category(post(patient_of(kSecret), {}, &narrow)), Category::kForbidden);
  const auto id = post(patient_of(kSecret))->resource.id.text();
  EXPECT_EQ(category(put(id, patient_of("", id), {}, &narrow)), Category::kNotFound);
  EXPECT_EQ(remove("Patient", id, {}, &narrow)->result, WriteResult::kAbsent);
  EXPECT_TRUE(get("Patient", id));
}

TEST_F(WritingTest, AnUpdateDoesNotTakeALabelOff) {
  const auto id = post(patient_of(kSecret))->resource.id.text();
  const auto updated = put(id, patient_of(R"("active":true)", id)).value();
  EXPECT_THAT(updated.resource.json, HasSubstr("42CFRPart2"));
  ASSERT_EQ(updated.notes.size(), 1U);
  EXPECT_EQ(updated.notes[0].severity, IssueSeverity::kInformation);
  EXPECT_EQ(store_->read(ehr_, "Patient", ResourceId(id))->sensitivity,
            security::sensitivity::k42CfrPart2);
}

TEST_F(WritingTest, EachInteractionNeedsItsScope) {
  const auto id = post(std::string(kNamed))->resource.id.text();
  const auto reading = make_permit("system/*.rs", {"east"});
  EXPECT_EQ(category(post(std::string(kNamed), {}, &reading)), Category::kForbidden);
  EXPECT_EQ(category(put(id, patient_of("", id), {}, &reading)), Category::kForbidden);
  EXPECT_EQ(category(remove("Patient", id, {}, &reading)), Category::kForbidden);
  // Criteria are a search.
  const auto creating = make_permit("system/*.c", {"east"});
  EXPECT_EQ(category(post(std::string(kNamed), "identifier=urn:mrn|7", &creating)),
            Category::kForbidden);
  const auto finding = make_permit("system/*.cs", {"east"});
  const auto found = post(std::string(kNamed), "identifier=urn:mrn|7", &finding).value();
  EXPECT_EQ(found.result, WriteResult::kFound);
  EXPECT_THAT(found.resource.json, ::testing::IsEmpty());
}

TEST_F(WritingTest, OfManyUpdatesOfOneVersionOneIsMade) {
  const auto id = post(patient_of(R"("active":true)"))->resource.id.text();
  std::vector<std::future<bool>> updates;
  for (int i = 0; i < 8; ++i)
    updates.push_back(std::async(std::launch::async, [&, i] {
      return put(id, patient_of(fmt::format(R"("language":"x-{}")", i), id), store::Version{1})
          .has_value();
    }));
  int made = 0;
  for (auto& one : updates) made += one.get() ? 1 : 0;
  EXPECT_EQ(made, 1);
  EXPECT_EQ(get("Patient", id)->version, 2U);
}

TEST_F(WritingTest, UnconditionalUpdatesAllCount) {
  const auto id = post(patient_of(R"("active":true)"))->resource.id.text();
  std::vector<std::future<Result<WriteAnswer>>> updates;
  for (int i = 0; i < 16; ++i)
    updates.push_back(std::async(std::launch::async, [&, i] {
      return put(id, patient_of(fmt::format(R"("language":"x-{}")", i), id));
    }));
  for (auto& one : updates) EXPECT_TRUE(one.get());
  EXPECT_EQ(get("Patient", id)->version, 17U);
}

}  // namespace
}  // namespace kap::gateway::service

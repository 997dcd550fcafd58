#include "gateway/transport/http/write_response.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>

namespace kap::gateway::transport::http {
namespace {

using service::WriteAnswer;
using service::WriteResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Request preferring(std::initializer_list<std::string_view> values) {
  Request request;
  for (const auto value : values) request.headers.add("Prefer", value);
  return request;
}

std::string header(const Response& response, std::string_view name) {
  const auto at = std::ranges::find(response.headers, name,
                                    [](const auto& one) { return std::string_view(one.first); });
  return at == response.headers.end() ? "" : at->second;
}

WriteAnswer answer_of(WriteResult result, std::uint64_t version = 3) {
  return {.result = result,
          .resource = {.type = "Patient",
                       .id = ResourceId("p"),
                       .version = version,
                       .json = R"({"resourceType":"Patient"})"}};
}

Response encoded(WriteAnswer answer, ReturnPreference preference = ReturnPreference::kNone) {
  return encode(
      std::move(answer),
      {.representation = {.content_type = "application/fhir+json"}, .preference = preference},
      "https://gw/fhir");
}

TEST(ReturnPreferenceOf, ReadsWhatRfc7240Allows) {
  EXPECT_EQ(return_preference_of(preferring({})), ReturnPreference::kNone);
  EXPECT_EQ(return_preference_of(preferring({"return=minimal"})), ReturnPreference::kMinimal);
  EXPECT_EQ(return_preference_of(preferring({"handling=strict; return = \"representation\""})),
            ReturnPreference::kRepresentation);
  EXPECT_EQ(return_preference_of(preferring({"handling=lenient", "RETURN=operationoutcome"})),
            ReturnPreference::kOperationOutcome);
  EXPECT_EQ(return_preference_of(preferring({"return=minimal, return=representation"})),
            ReturnPreference::kMinimal);
  for (const auto* odd : {"return", "return=", "return=all", "returns=minimal", ",;=", "minimal"})
    EXPECT_EQ(return_preference_of(preferring({odd})), ReturnPreference::kNone) << odd;
}

TEST(EncodeWrite, StatusAndHeadersSayWhatWasDone) {
  const auto created = encoded(answer_of(WriteResult::kCreated, 1));
  EXPECT_EQ(created.status, 201U);
  EXPECT_EQ(header(created, "Location"), "https://gw/fhir/Patient/p/_history/1");
  EXPECT_EQ(header(created, "ETag"), R"(W/"1")");
  EXPECT_THAT(created.body.to_string(), HasSubstr("Patient"));
  const auto updated = encoded(answer_of(WriteResult::kUpdated));
  EXPECT_EQ(updated.status, 200U);
  EXPECT_THAT(header(updated, "Location"), IsEmpty());
  const auto found = encoded(answer_of(WriteResult::kFound));
  EXPECT_EQ(found.status, 200U);
  EXPECT_EQ(header(found, "Location"), "https://gw/fhir/Patient/p/_history/3");
  const auto deleted = encoded(answer_of(WriteResult::kDeleted), ReturnPreference::kRepresentation);
  EXPECT_EQ(deleted.status, 204U);
  EXPECT_TRUE(deleted.body.empty());
  EXPECT_THAT(header(deleted, "Preference-Applied"), IsEmpty());
  const auto absent = encoded(answer_of(WriteResult::kAbsent, 0));
  EXPECT_EQ(absent.status, 204U);
  EXPECT_THAT(header(absent, "ETag"), IsEmpty());
}

TEST(EncodeWrite, AnOperationOutcomeHoldsTheNotes) {
  auto answer = answer_of(WriteResult::kUnchanged);
  answer.notes.push_back({.severity = IssueSeverity::kWarning,
                          .code = IssueType::kCodeInvalid,
                          .diagnostics = "a warning",
                          .expression = "Patient.language",
                          .position = {}});
  const auto response = encoded(std::move(answer), ReturnPreference::kOperationOutcome);
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(response.body.to_string(), HasSubstr("a warning"));
  EXPECT_THAT(response.body.to_string(), HasSubstr("nothing to change"));
  EXPECT_EQ(header(response, "Preference-Applied"), "return=OperationOutcome");
}

TEST(CheckFhirJson, TakesJsonOfThisFhirVersion) {
  const auto check = [](std::string_view type) {
    Request request;
    if (!type.empty()) request.headers.add("Content-Type", type);
    return check_fhir_json(request).has_value();
  };
  for (const auto* good :
       {"application/fhir+json", "APPLICATION/FHIR+JSON; charset=UTF-8", "application/json",
        "text/json", "application/fhir+json;fhirVersion=\"4.0\"", "application/json+fhir;"})
    EXPECT_TRUE(check(good)) << good;
  for (const auto* bad : {"", "application/fhir+xml", "text/plain", "application/fhir+jsonx",
                          "application/fhir+json; fhirVersion=3.0",
                          "application/json; charset=iso-8859-1", "application/json-patch+json"})
    EXPECT_FALSE(check(bad)) << bad;
}

}  // namespace
}  // namespace kap::gateway::transport::http

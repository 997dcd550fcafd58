#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/service/export_filter.h"
#include "gateway/service/export_request.h"
#include "gateway/service/group_members.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kBase = "https://gw/fhir";

class ExportRequests : public ClinicTest {
 protected:
  Result<ExportWish> parse(Pairs query, Handling handling = Handling::kStrict,
                           ExportLevel level = ExportLevel::kSystem) {
    return parse_export_request({.level = level, .query = std::move(query), .handling = handling},
                                here_);
  }
  Reader here_{.store = *store_, .clock = clock_, .base_url = std::string(kBase)};
};

TEST_F(ExportRequests, ReadEveryParameter) {
  const auto wish =
      parse({{"_type", "Patient,Observation"},
             {"_type", "Observation, Encounter"},
             {"_since", "2026-01-31T12:00:00+01:00"},
             {"_until", "2026-03-01T00:00:00.5Z"},
             {"_typeFilter", "Observation?code=a,b&date=gt2026,Encounter?status=finished"},
             {"_elements", "Patient.name,identifier"},
             {"_outputFormat", "application/fhir+ndjson"},
             {"_format", "json"}})
          .value();
  const auto& request = wish.request;
  EXPECT_THAT(*request.types, ElementsAre("Patient", "Observation", "Encounter"));
  EXPECT_EQ(to_fhir_instant(*request.since), "2026-01-31T11:00:00.000Z");
  EXPECT_EQ(to_fhir_instant(*request.until), "2026-03-01T00:00:00.500Z");
  EXPECT_THAT(request.filters,
              ElementsAre("Observation?code=a,b&date=gt2026", "Encounter?status=finished"));
  EXPECT_THAT(request.elements, ElementsAre("Patient.name", "identifier"));
  EXPECT_THAT(wish.issues, IsEmpty());
  EXPECT_EQ(decode_export_request(encode_export_request(request)).value(), request);
  EXPECT_EQ(decode_export_request(encode_export_request({})).value(), ExportRequest{});
}

TEST_F(ExportRequests, TakeAParametersBody) {
  ExportInput input{.level = ExportLevel::kPatient};
  input.body = R"({"resourceType":"Parameters","parameter":[
      {"name":"_type","valueString":"Patient"},
      {"name":"_since","valueInstant":"2026-01-01T00:00:00Z"},
      {"name":"patient","valueReference":{"reference":"Patient/1"}},
      {"name":"patient","valueReference":{"reference":"https://gw/fhir/Patient/2"}}]})";
  const auto wish = parse_export_request(input, here_).value();
  EXPECT_THAT(*wish.request.patients, ElementsAre("1", "2"));
  EXPECT_TRUE(wish.request.since.has_value());
  for (const char* broken :
       {"{", "[]", R"({"resourceType":"Patient"})",
        R"({"resourceType":"Parameters","parameter":[{"name":"_type"}]})",
        R"({"resourceType":"Parameters","parameter":[{"name":"_type","valueCoding":{}}]})",
        R"({"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":{}}]})"}) {
    input.body = broken;
    const auto refused = parse_export_request(input, here_);
    ASSERT_FALSE(refused) << broken;
    EXPECT_EQ(refused.error().category(), Category::kInvalidRequest) << broken;
  }
  input.body = "";
  EXPECT_TRUE(parse_export_request(input, here_));
}

TEST_F(ExportRequests, WhatIsWrongIsRefusedByName) {
  const std::vector<std::pair<Pairs, std::string>> kWrong = {
      {{{"_type", "Foo"}}, "_type"},
      {{{"_type", ""}}, "_type"},
      {{{"_type", "patient"}}, "_type"},
      {{{"_since", "2026"}}, "_since"},
      {{{"_since", "2026-01-01"}}, "_since"},
      {{{"_since", "2026-01-01T00:00:00"}}, "_since"},
      {{{"_since", "2026-01-01T00:00:00 01:00"}}, "_since"},
      {{{"_since", "2026-01-01T00:00:00Z"}, {"_since", "2026-01-02T00:00:00Z"}}, "_since"},
      {{{"_until", "yesterday"}}, "_until"},
      {{{"_outputFormat", "text/csv"}}, "_outputFormat"},
      {{{"_outputFormat", "application/fhir+parquet"}}, "_outputFormat"},
      {{{"includeAssociatedData", "LatestProvenanceResources"}}, "includeAssociatedData"},
      {{{"organizeOutputBy", "Patient"}}, "organizeOutputBy"},
      {{{"patient", "Patient/1"}}, "patient"},
      {{{"nonsense", "1"}}, "nonsense"},
      {{{"_elements", "Patient.nothing"}}, "_elements"},
      {{{"_elements", "Foo.id"}}, "_elements"},
      {{{"_elements", "Patient.name.family"}}, "_elements"},
      {{{"_typeFilter", "Observation"}}, "_typeFilter"},
      {{{"_typeFilter", "Observation?"}}, "_typeFilter"},
      {{{"_typeFilter", "Foo?code=1"}}, "_typeFilter"},
      {{{"_typeFilter", "Observation?date=yesterday"}}, "_typeFilter:date"},
      {{{"_typeFilter", "Observation?nonsense=1"}}, "_typeFilter:nonsense"},
      {{{"_typeFilter", "Observation?code=1&_sort=date"}}, "_typeFilter"},
      {{{"_typeFilter", "Observation?code=1&_include=Observation:subject"}}, "_typeFilter"},
      {{{"_typeFilter", "Observation?code=1&_count=5"}}, "_typeFilter"},
      {{{"_type", "Patient"}, {"_typeFilter", "Observation?code=1"}}, "_typeFilter"},
  };
  for (const auto& [query, name] : kWrong) {
    const auto refused = parse(query);
    ASSERT_FALSE(refused) << query.back().first << '=' << query.back().second;
    EXPECT_EQ(refused.error().category(), Category::kInvalidRequest);
    EXPECT_EQ(refused.error().issues().front().expression, name) << query.back().second;
  }
  const auto all = parse({{"a", "1"}, {"b", "2"}, {"_since", "x"}});
  EXPECT_EQ(all.error().issues().size(), 3U);
  EXPECT_FALSE(parse({{"patient", "Patient/1"}}, Handling::kStrict, ExportLevel::kGroup))
      << "only a POST names patients";
}

TEST_F(ExportRequests, LenientHandlingTellsWhatItLeftOut) {
  const auto wish = parse({{"_type", "Patient,Foo,Observation,Encounter"},
                           {"nonsense", "1"},
                           {"includeAssociatedData", "LatestProvenanceResources"},
                           {"_typeFilter", "Observation?date=yesterday"},
                           {"_typeFilter", "Encounter?nonsense=1&status=finished"}},
                          Handling::kLenient)
                        .value();
  EXPECT_EQ(wish.issues.size(), 5U);
  EXPECT_THAT(*wish.request.types, ElementsAre("Patient", "Encounter"))
      << "a type is not exported without the filter that bounded it";
  EXPECT_THAT(wish.request.filters, ElementsAre("Encounter?nonsense=1&status=finished"));
  EXPECT_FALSE(parse({{"_since", "x"}}, Handling::kLenient)) << "it would widen the answer";
  EXPECT_FALSE(parse({{"_type", "Foo"}}, Handling::kLenient));
  const auto all = parse({{"_typeFilter", "Observation?date=x"}}, Handling::kLenient).value();
  EXPECT_GT(all.request.types->size(), 100U);
  EXPECT_EQ(std::ranges::count(*all.request.types, "Observation"), 0);
}

TEST(TypeFilters, SplitWhereAQueryBegins) {
  EXPECT_THAT(split_type_filters("A?b=c,d,E?f=g"), ElementsAre("A?b=c,d", "E?f=g"));
  EXPECT_THAT(split_type_filters("A?b=http://x/Y,Z"), ElementsAre("A?b=http://x/Y,Z"));
  EXPECT_THAT(split_type_filters(""), ElementsAre(""));
  const auto query =
      parse_type_filter("Observation?code=http%3A%2F%2Floinc.org%7C8867-4&status=final",
                        {.base_url = kBase})
          .value();
  ASSERT_EQ(query->criteria.size(), 2U);
  const auto& token = std::get<fhir::search::TokenValue>(query->criteria[0].values[0]);
  EXPECT_EQ(token.system, "http://loinc.org");
  EXPECT_EQ(token.code, "8867-4");
}

TEST(GroupMembers, AreActivePatients) {
  const auto members = [](const std::string& list, const std::string& head = R"("actual":true,)") {
    return parse_group_members(
        R"({"resourceType":"Group","type":"person",)" + head + R"("member":[)" + list + "]}",
        Instant(std::chrono::seconds(1'780'000'000)), kBase);
  };
  const auto entity = [](const std::string& reference, const std::string& more = "") {
    return R"({"entity":{"reference":")" + reference + "\"}" + more + "}";
  };
  EXPECT_THAT(*members(entity("Patient/1") + "," + entity("https://gw/fhir/Patient/2") + "," +
                       entity("Patient/1") + "," + entity("Patient/3", R"(,"inactive":true)") +
                       "," + entity("Patient/4", R"(,"period":{"end":"2020"})") + "," +
                       entity("Patient/5", R"(,"period":{"end":"2090"},"inactive":false)") + "," +
                       entity("Practitioner/6") + "," + entity("https://other/fhir/Patient/7") +
                       "," + entity("Patient/8/_history/1")),
              ElementsAre("1", "2", "5", "8"));
  EXPECT_THAT(*parse_group_members(R"({"type":"person","actual":true})", {}, kBase), IsEmpty());
  EXPECT_EQ(members("", R"("actual":false,)").error().issues()[0].expression, "Group.actual");
  EXPECT_FALSE(parse_group_members(R"({"type":"device","actual":true})", {}, kBase));
}

}  // namespace
}  // namespace kap::gateway::service

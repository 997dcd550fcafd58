#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/validate/structure.h"
#include "gateway/service/operation.h"
#include "gateway/service/operations/operations.h"
#include "gateway/service/read.h"
#include "gateway/service/search_type.h"
#include "gateway/service/shipped_resources.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/diagnostics.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using Query = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kGender = "http://hl7.org/fhir/ValueSet/administrative-gender";
constexpr std::string_view kRoute = "http://kap-gateway.org/fhir/ConceptMap/Route";
constexpr std::string_view kScale = "http://kap-gateway.org/fhir/CodeSystem/scale";

const mappings::Mapper& maps() {
  static mappings::Diagnostics diagnostics;
  static const std::optional<mappings::Mapper> kMaps = mappings::builtin_mapper(diagnostics);
  return *kMaps;
}

class TerminologyOperations : public ClinicTest {
 protected:
  /// The answer, which is valid R4, or the refusal.
  Result<json::Document> call(const OperationDef& operation, Query query,
                              std::string_view body = {}, std::string_view id = {}) {
    const ResourceId resource{std::string(id)};
    const OperationContext context{.reader = *reader_, .maps = &maps()};
    KAP_TRY(auto answer,
            run_operation(make_permit("system/Patient.r", {"east"}), context, operation,
                          {.type = operation.types.front(),
                           .id = id.empty() ? nullptr : &resource,
                           .input = {.query = query, .body = body}}));
    auto document = json::parse(answer.json);
    for (const Issue& issue : fhir::validate::validate_structure(document->root))
      ADD_FAILURE() << issue.expression << ": " << issue.diagnostics << '\n' << answer.json;
    return document;
  }

  /// `category code expression` of a refusal.
  std::string refusal(const OperationDef& operation, Query query, std::string_view body = {}) {
    const auto refused = call(operation, std::move(query), body);
    if (refused.has_value()) return json::to_text(refused->root);
    const Issue& issue = refused.error().issues().front();
    return std::string(to_code(issue.code)) + ' ' + issue.expression;
  }

  std::string text(const OperationDef& operation, Query query, std::string_view body = {},
                   std::string_view id = {}) {
    const auto answer = call(operation, std::move(query), body, id);
    EXPECT_TRUE(answer.has_value()) << answer.error().summary();
    return answer.has_value() ? json::to_text(answer->root) : std::string();
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(TerminologyOperations, ExpandsValueSetsOfThePackageAndTheShippedOnes) {
  const auto gender = text(kExpand, {{"url", std::string(kGender)}});
  EXPECT_TRUE(has(gender, R"("total":4)")) << gender;
  EXPECT_TRUE(has(gender, R"("code":"female","display":"Female")"));
  EXPECT_EQ(text(kExpand, {}, {}, "administrative-gender"), gender);
  const auto billing = text(kExpand, {{"includeDefinition", "true"}}, {}, "kap-billing");
  EXPECT_TRUE(has(billing, R"("compose")"));
  EXPECT_TRUE(has(billing, R"("code":"G2082")"));
  EXPECT_EQ(refusal(kExpand, {}), "required url");
  EXPECT_EQ(refusal(kExpand, {{"url", "http://example.org/none"}}), "not-found url");
  EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender) + "|5.0.0"}}), "not-found url");
  EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender)}, {"valueSetVersion", "9"}}),
            "not-found valueSetVersion");
  EXPECT_TRUE(has(text(kExpand, {{"url", std::string(kGender) + "|4.0.1"}}), R"("total":4)"));
}

TEST_F(TerminologyOperations, ExpandsInPartsAndByWords) {
  const auto filtered = text(kExpand, {{"url", std::string(kGender)}, {"filter", "  MALE "}});
  EXPECT_TRUE(has(filtered, R"("total":2)")) << filtered;
  EXPECT_TRUE(has(filtered, R"("parameter":[{"name":"filter")"));
  const auto page = text(kExpand, {{"url", std::string(kGender)}, {"offset", "1"}, {"count", "2"}});
  EXPECT_TRUE(has(page, R"("total":4,"offset":1)")) << page;
  EXPECT_FALSE(has(page, R"("code":"male")"));
  EXPECT_TRUE(has(page, R"("code":"female")"));
  EXPECT_FALSE(has(page, R"("code":"unknown")"));
  EXPECT_FALSE(has(text(kExpand, {{"url", std::string(kGender)}, {"count", "0"}}), "contains"));
  EXPECT_FALSE(
      has(text(kExpand, {{"url", std::string(kGender)}, {"offset", "999999999"}}), "contains"));
  EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender)}, {"count", "-1"}}), "value count");
  EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender)}, {"count", "x"}}), "value count");
}

TEST_F(TerminologyOperations, RefusesWhatItCannotAnswerBy) {
  for (const std::string name : {"context", "date", "designation", "system-version"}) {
    const std::string value = name == "date" ? "2020-01-01" : "http://example.org";
    EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender)}, {name, value}}),
              "not-supported " + name);
  }
  EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender)}, {"displayLanguage", "de"}}),
            "not-supported displayLanguage");
  EXPECT_TRUE(has(text(kExpand, {{"url", std::string(kGender)}, {"displayLanguage", "en-US"}}),
                  R"("total":4)"));
  EXPECT_EQ(refusal(kExpand, {{"url", std::string(kGender)}, {"excludeNested", "false"}}),
            "not-supported excludeNested");
  EXPECT_TRUE(has(text(kExpand, {{"url", std::string(kGender)},
                                 {"exclude-system", "http://hl7.org/fhir/administrative-gender"}}),
                  R"("total":0)"));
  EXPECT_EQ(refusal(kExpand, {},
                    R"({"resourceType":"Parameters","parameter":[{"name":"valueSet","resource":)"
                    R"({"resourceType":"ValueSet","status":"active"}}]})"),
            "not-supported valueSet");
}

TEST_F(TerminologyOperations, LooksUpCodes) {
  const auto scale = text(kLookup, {{"system", std::string(kScale)}, {"code", "madrs-total"}});
  EXPECT_TRUE(has(scale, R"("name":"display","valueString":"MADRS total score")")) << scale;
  EXPECT_TRUE(has(scale, R"("name":"version","valueString":"1.0.0")"));
  EXPECT_TRUE(has(
      text(kLookup, {{"system", "http://hl7.org/fhir/administrative-gender"}, {"code", "male"}}),
      R"("valueString":"Male")"));
  EXPECT_TRUE(has(text(kLookup, {},
                       R"({"resourceType":"Parameters","parameter":[{"name":"coding",)"
                       R"("valueCoding":{"system":")" +
                           std::string(kScale) + R"(","code":"madrs-total"}}]})"),
                  "MADRS"));
  EXPECT_EQ(refusal(kLookup, {{"code", "male"}}), "required system");
  EXPECT_EQ(refusal(kLookup, {{"system", std::string(kScale)}}), "required code");
  EXPECT_EQ(refusal(kLookup, {{"system", std::string(kScale)}, {"code", "none"}}),
            "not-found code");
  EXPECT_EQ(refusal(kLookup, {{"system", "http://snomed.info/sct"}, {"code", "1"}}),
            "not-found code");
  EXPECT_EQ(refusal(kLookup,
                    {{"system", std::string(kScale)}, {"code", "madrs-total"}, {"version", "2"}}),
            "not-found version");
}

TEST_F(TerminologyOperations, ValidatesCodes) {
  const auto in_value_set = [&](const std::string& code, const std::string& display = "") {
    Query query{{"url", std::string(kGender)},
                {"system", "http://hl7.org/fhir/administrative-gender"},
                {"code", code}};
    if (!display.empty()) query.emplace_back("display", display);
    return text(kValueSetValidateCode, query);
  };
  EXPECT_TRUE(has(in_value_set("male"), R"("valueBoolean":true)"));
  EXPECT_TRUE(has(in_value_set("male", "MALE"), R"("valueBoolean":true)"));
  const auto other = in_value_set("male", "Mann");
  EXPECT_TRUE(has(other, R"("valueBoolean":false)"));
  EXPECT_TRUE(has(other, R"("name":"display","valueString":"Male")"));
  EXPECT_TRUE(has(in_value_set("m"), R"("valueBoolean":false)"));
  EXPECT_EQ(refusal(kValueSetValidateCode, {{"url", std::string(kGender)}, {"code", "male"}}),
            "required system");
  const std::string concept_body =
      R"({"resourceType":"Parameters","parameter":[{"name":"url","valueUri":")" +
      std::string(kGender) +
      R"("},{"name":"codeableConcept","valueCodeableConcept":{"coding":[{"system":"http://x",)"
      R"("code":"y"},{"system":"http://hl7.org/fhir/administrative-gender","code":"male"}]}}]})";
  EXPECT_TRUE(has(text(kValueSetValidateCode, {}, concept_body), R"("valueBoolean":true)"));
  EXPECT_TRUE(
      has(text(kCodeSystemValidateCode, {{"url", std::string(kScale)}, {"code", "madrs-total"}}),
          R"("valueBoolean":true)"));
  EXPECT_TRUE(has(text(kCodeSystemValidateCode, {{"url", std::string(kScale)}, {"code", "none"}}),
                  R"("valueBoolean":false)"));
  EXPECT_TRUE(has(text(kCodeSystemValidateCode, {{"code", "madrs-total"}}, {}, "scale"),
                  R"("valueBoolean":true)"));
  EXPECT_EQ(refusal(kCodeSystemValidateCode, {{"url", "http://loinc.org"}, {"code", "1"}}),
            "not-found url");
}

TEST_F(TerminologyOperations, TranslatesBothWays) {
  const Query forward{{"url", std::string(kRoute)},
                      {"system", "http://kap-gateway.org/fhir/CodeSystem/clinic-Route"},
                      {"code", "ROUTE_INTRAVENOUS"}};
  const auto found = text(kTranslate, forward);
  EXPECT_TRUE(has(found, R"("valueBoolean":true)")) << found;
  EXPECT_TRUE(has(found, R"("code":"47625008")"));
  EXPECT_TRUE(has(found, R"("name":"source","valueUri":"http://kap-gateway.org/fhir/Concept)"));
  const auto reverse = text(kTranslate, {{"url", std::string(kRoute)},
                                         {"system", "http://snomed.info/sct"},
                                         {"code", "47625008"},
                                         {"reverse", "true"}});
  EXPECT_TRUE(has(reverse, "ROUTE_INTRAVENOUS")) << reverse;
  Query anywhere = forward;
  anywhere.erase(anywhere.begin());
  EXPECT_TRUE(has(text(kTranslate, anywhere), R"("code":"47625008")"));
  Query elsewhere = forward;
  elsewhere.emplace_back("targetsystem", "http://loinc.org");
  EXPECT_TRUE(has(text(kTranslate, elsewhere), R"("valueBoolean":false)"));
  EXPECT_EQ(
      refusal(kTranslate, {{"url", "http://example.org/none"}, {"system", "s"}, {"code", "c"}}),
      "not-found url");
  EXPECT_EQ(refusal(kTranslate, {{"url", std::string(kRoute)}}), "required code");
}

TEST_F(TerminologyOperations, TransformsARecordOfTheContract) {
  std::ifstream in(std::string(KAP_SOURCE_DIR) + "/tests/golden/patient/record.json");
  std::ostringstream record;
  record << in.rdbuf();
  ASSERT_FALSE(record.str().empty());
  const auto bundle = text(
      kTransform, {{"source", "http://kap-gateway.org/fhir/StructureMap/Record"}}, record.str());
  EXPECT_TRUE(has(bundle, R"("resourceType":"Bundle")"));
  EXPECT_TRUE(has(bundle, R"("resourceType":"Patient")"));
  EXPECT_EQ(text(kTransform, {}, record.str(), "Record"), bundle);
  EXPECT_EQ(refusal(kTransform, {{"source", "http://kap-gateway.org/fhir/StructureMap/None"}},
                    record.str()),
            "not-found source");
  EXPECT_EQ(refusal(kTransform, {}, record.str()), "required source");
  EXPECT_EQ(refusal(kTransform, {{"source", "http://kap-gateway.org/fhir/StructureMap/Record"}}),
            "required content");
  EXPECT_TRUE(refusal(kTransform, {{"source", "http://kap-gateway.org/fhir/StructureMap/Record"}},
                      R"({"clinicId":"x","nonsense":1})")
                  .ends_with("content"));
  EXPECT_EQ(refusal(kTransform, {{"source", "http://kap-gateway.org/fhir/StructureMap/Record"}},
                    R"({"resourceType":"Binary","contentType":"application/json","data":"!"})"),
            "value content.data");
  const auto binary = R"({"resourceType":"Binary","contentType":"application/json","data":"e30="})";
  EXPECT_TRUE(
      refusal(kTransform, {{"source", "http://kap-gateway.org/fhir/StructureMap/Record"}}, binary)
          .find("content") != std::string::npos);
}

TEST_F(TerminologyOperations, WhatIsShippedCanBeSearched) {
  const auto shipped = ShippedResources::make(maps(), clock_.now());
  ASSERT_TRUE(shipped.has_value());
  const Reader reader{.store = *store_, .clock = clock_, .base_url = {}, .shipped = &*shipped};
  const auto permit = make_permit("system/*.rs", {"east"});
  const auto search = [&](Query parameters, std::string cursor = {}) {
    return search_type(
        permit, reader,
        {.type = "ConceptMap", .parameters = std::move(parameters), .cursor = std::move(cursor)});
  };
  const auto by_url = search({{"url", std::string(kRoute)}});
  ASSERT_TRUE(by_url.has_value()) << by_url.error().summary();
  ASSERT_EQ(by_url->matches.size(), 1U);
  EXPECT_EQ(by_url->matches.front().id, ResourceId("route"));
  EXPECT_EQ(search({{"url", "http://example.org/none"}})->matches.size(), 0U);
  EXPECT_EQ(search({{"url:below", "http://kap-gateway.org"}, {"_summary", "count"}})->total,
            maps().terminology().concept_maps().size());
  std::set<std::string> seen;
  std::string cursor;
  do {
    const auto page = search({{"_count", "7"}, {"_total", "accurate"}}, cursor);
    ASSERT_TRUE(page.has_value()) << page.error().summary();
    EXPECT_LE(page->matches.size(), 7U);
    EXPECT_EQ(page->total, maps().terminology().concept_maps().size());
    for (const Resource& match : page->matches)
      EXPECT_TRUE(seen.insert(std::string(match.id.text())).second);
    cursor = page->next_cursor;
  } while (!cursor.empty());
  EXPECT_EQ(seen.size(), maps().terminology().concept_maps().size());
}

TEST_F(TerminologyOperations, WhatIsShippedCanBeRead) {
  const auto shipped = ShippedResources::make(maps(), clock_.now());
  ASSERT_TRUE(shipped.has_value());
  const Reader reader{.store = *store_, .clock = clock_, .base_url = {}, .shipped = &*shipped};
  const auto permit = make_permit("system/*.r", {"east"});
  for (const auto& [type, id] :
       {std::pair("CodeSystem", "scale"), std::pair("ConceptMap", "route"),
        std::pair("ValueSet", "kap-billing"), std::pair("StructureMap", "Record")}) {
    const auto resource = read(permit, reader, type, ResourceId(id));
    ASSERT_TRUE(resource.has_value()) << type << '/' << id;
    const auto document = json::parse(resource->json);
    EXPECT_EQ(document->root.string("id"), id);
    for (const Issue& issue : fhir::validate::validate_structure(document->root))
      ADD_FAILURE() << type << ' ' << issue.expression << ": " << issue.diagnostics;
  }
  EXPECT_EQ(read(permit, reader, "ConceptMap", ResourceId("nothing")).error().category(),
            Category::kNotFound);
  EXPECT_EQ(
      read(make_permit("system/Patient.r", {"east"}), reader, "ConceptMap", ResourceId("route"))
          .error()
          .category(),
      Category::kForbidden);
}

}  // namespace
}  // namespace kap::gateway::service

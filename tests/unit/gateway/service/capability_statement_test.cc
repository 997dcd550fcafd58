#include "gateway/service/capability_statement.h"

#include <gmock/gmock.h>

#include <array>

#include "fhir/json/parse.h"
#include "fhir/validate/structure.h"
#include "gateway/service/definition_resources.h"
#include "gateway/service/terminology_capabilities.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::array<std::string_view, 1> kTypes{"Patient"};
constexpr std::array kParameters{
    OperationParameterDef{.name = "start", .type = "date", .documentation = "From here on."},
    OperationParameterDef{.name = "return", .use = ParameterUse::kOut, .min = 1, .type = "Bundle"},
};
constexpr OperationDef kEverything{.code = "everything",
                                   .id = "Patient-everything",
                                   .canonical = "http://example.org/everything",
                                   .name = "Everything",
                                   .levels = {.instance = true},
                                   .types = kTypes,
                                   .parameters = kParameters};
constexpr OperationDef kExpand{.code = "expand",
                               .id = "ValueSet-expand",
                               .canonical = "http://example.org/expand",
                               .name = "Expand",
                               .levels = {.system = true},
                               .parameters = kParameters};
constexpr std::array kOperations{&kEverything, &kExpand};

ServerDescription describe() {
  return {.base_url = "https://gateway.example/fhir",
          .software_version = "1",
          .date = {},
          .types = {{.type = "Patient",
                     .interactions = {"read", "vread", "search-type", "create", "update"},
                     .conditional_create = true},
                    {.type = "Observation", .interactions = {"read", "search-type"}}},
          .system_interactions = {"batch"},
          .compartments = {"Patient"},
          .operations = kOperations,
          .code_systems = {"http://loinc.org"},
          .token_url = "https://gateway.example/auth/token",
          .authorize_url = {},
          .introspect_url = {},
          .revoke_url = {}};
}

TEST(CapabilityStatement, NamesWhatIsThereAndNothingElse) {
  const auto text = encode_capability_statement(describe());
  const auto document = fhir::json::parse(text).value();
  const auto& rest = document.root.find("rest")->items()[0];
  const auto resources = rest.find("resource")->items();
  ASSERT_EQ(resources.size(), 2U);
  EXPECT_EQ(resources[0].string("type"), "Observation");
  EXPECT_EQ(resources[0].find("interaction")->items().size(), 2U);
  EXPECT_EQ(resources[0].string("versioning"), "versioned");
  EXPECT_EQ(resources[0].find("operation"), nullptr);
  EXPECT_EQ(resources[1].string("versioning"), "versioned-update");
  EXPECT_EQ(resources[1].find("operation")->items()[0].string("definition"),
            "http://example.org/everything");
  EXPECT_EQ(rest.find("operation")->items()[0].string("name"), "expand");
  EXPECT_EQ(rest.find("interaction")->items()[0].string("code"), "batch");
  EXPECT_THAT(text, HasSubstr(R"("name":"birthdate")"));
  EXPECT_THAT(text, HasSubstr(R"("Observation:subject")"));
  EXPECT_THAT(text, HasSubstr("CompartmentDefinition/patient"));
  EXPECT_THAT(text, Not(HasSubstr("authorize")));
}

TEST(CapabilityStatement, AnAuthorizeUrlMakesTheExtensionOfSmart) {
  auto server = describe();
  server.authorize_url = "https://gateway.example/auth/authorize";
  const auto text = encode_capability_statement(server);
  EXPECT_THAT(text, HasSubstr("oauth-uris"));
  EXPECT_THAT(text, HasSubstr(server.token_url));
}

/// What is told of the tables is valid R4.
void expect_valid(std::string_view json) {
  const auto document = fhir::json::parse(json).value();
  for (const auto& issue : fhir::validate::validate_structure(document.root))
    ADD_FAILURE() << issue.expression << ": " << issue.diagnostics;
}

TEST(CapabilityStatement, AllThatIsToldIsValid) {
  expect_valid(encode_capability_statement(describe()));
  expect_valid(encode_capability_statement(describe(), StatementMode::kNormative));
  expect_valid(encode_terminology_capabilities(describe()));
  const DefinitionResources definitions(kOperations, "https://gateway.example/fhir");
  for (const auto type : kDefinitionTypes)
    expect_valid(definitions.search(type, Pairs{{"_count", "500"}}).value());
}

TEST(CapabilityStatement, TheNormativeModeLeavesOutWhatIsOnTrial) {
  const auto text = encode_capability_statement(describe(), StatementMode::kNormative);
  for (const auto* name : {"\"security\":{", "supportedProfile", "versioning", "conditionalCreate",
                           "searchInclude", "readHistory"})
    EXPECT_THAT(text, Not(HasSubstr(name)));
  EXPECT_THAT(text, HasSubstr("searchParam"));
}

TEST(TerminologyCapabilities, FollowFromTheOperations) {
  const auto document = fhir::json::parse(encode_terminology_capabilities(describe())).value();
  EXPECT_EQ(document.root.find("codeSystem")->items()[0].string("uri"), "http://loinc.org");
  EXPECT_EQ(document.root.find("expansion")->find("parameter")->items().size(), 1U);
  EXPECT_EQ(document.root.find("translation"), nullptr);
}

TEST(DefinitionResources, AreReadFromTheTables) {
  const DefinitionResources definitions(kOperations, "https://gateway.example/fhir");
  const auto operation =
      fhir::json::parse(definitions.read("OperationDefinition", "Patient-everything").value())
          .value();
  EXPECT_EQ(operation.root.string("url"), "http://example.org/everything");
  EXPECT_EQ(operation.root.find("parameter")->items()[1].string("use"), "out");
  const auto parameter =
      fhir::json::parse(definitions.read("SearchParameter", "Patient-identifier").value()).value();
  EXPECT_EQ(parameter.root.string("url"), "http://hl7.org/fhir/SearchParameter/Patient-identifier");
  EXPECT_EQ(parameter.root.string("type"), "token");
  EXPECT_EQ(definitions.read("SearchParameter", "nothing").error().category(), Category::kNotFound);
}

TEST(DefinitionResources, AreSearchedAndPaged) {
  const DefinitionResources definitions(kOperations, "https://gateway.example/fhir");
  const auto search = [&](std::string_view type, const Pairs& parameters) {
    return fhir::json::parse(definitions.search(type, parameters).value()).value();
  };
  auto bundle = search("SearchParameter", {{"base", "Patient"}, {"code", "birthdate,gender"}});
  EXPECT_EQ(bundle.root.find("total")->text(), "2");
  bundle = search("OperationDefinition", {{"name", "every"}});
  EXPECT_EQ(bundle.root.find("entry")->items()[0].string("fullUrl"),
            "https://gateway.example/fhir/OperationDefinition/Patient-everything");
  bundle = search("OperationDefinition", {{"_count", "1"}});
  EXPECT_EQ(bundle.root.find("link")->items()[1].string("url"),
            "https://gateway.example/fhir/OperationDefinition?_count=1&_cursor=1");
  bundle = search("OperationDefinition", {{"_count", "1"}, {"_cursor", "1"}});
  EXPECT_EQ(bundle.root.find("entry")->items()[0].find("resource")->string("code"), "expand");
  EXPECT_EQ(bundle.root.find("link")->items().size(), 1U);
  const Pairs unknown{{"status", "active"}};
  EXPECT_EQ(definitions.search("OperationDefinition", unknown).error().issues()[0].expression,
            "status");
  const Pairs malformed{{"_count", "x"}};
  EXPECT_FALSE(definitions.search("OperationDefinition", malformed));
}

}  // namespace
}  // namespace kap::gateway::service

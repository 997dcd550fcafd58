#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cctype>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "tests/functional/gateway.h"

namespace kap::functional {
namespace {

using fhir::json::Value;
using ::testing::HasSubstr;

/// Compares what the CapabilityStatement says with what the server does.
class MetadataTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
    const auto parsed = fhir::json::parse(gateway_->get("/metadata", "").body);
    ASSERT_TRUE(parsed);
    statement_ = std::make_unique<fhir::json::Document>();
    statement_->root = statement_->clone(parsed->root);
  }
  static void TearDownTestSuite() {
    gateway_->stop();
    gateway_.reset();
    statement_.reset();
  }

  static const Value& rest() { return statement_->root.find("rest")->items()[0]; }
  static std::set<std::string> codes(const Value& holder) {
    std::set<std::string> out;
    if (const auto* list = holder.find("interaction"))
      for (const auto& item : list->items()) out.emplace(item.string("code"));
    return out;
  }
  static HttpResponse call(const std::string& method, const std::string& url,
                           const std::string& body = {},
                           const std::string& type = "application/fhir+json") {
    std::vector<std::string> headers{"Prefer: handling=strict"};
    if (method != "GET" && method != "DELETE") headers.push_back("Content-Type: " + type);
    return gateway_->send({.method = method, .url = url, .headers = headers, .body = body}, token_);
  }
  /// Whether there is something at that path that takes that method: an empty body is then what is
  /// wrong, or an id that does not exist.
  static bool is_done(const HttpResponse& response) {
    if (response.status == 405 || response.status == 501 || response.status == 403) return false;
    return response.status != 404 ||
           (response.body.find("not-supported") == std::string::npos &&
            response.body.find("nothing at this path") == std::string::npos);
  }
  static bool does(const std::string& type, const std::string& code) {
    const auto one = fmt::format("/{}/no-such-id", type);
    const auto all = fmt::format("/{}", type);
    if (code == "read") return is_done(call("GET", one));
    if (code == "vread") return is_done(call("GET", one + "/_history/1"));
    if (code == "history-instance") return is_done(call("GET", one + "/_history"));
    if (code == "history-type") return call("GET", all + "/_history?_count=1").status == 200;
    if (code == "search-type") return call("GET", all + "?_summary=count").status == 200;
    if (code == "create") return is_done(call("POST", all, "{}"));
    if (code == "update") return is_done(call("PUT", one, "{}"));
    if (code == "delete") return is_done(call("DELETE", one));
    if (code == "patch") return is_done(call("PATCH", one, "[]", "application/json-patch+json"));
    ADD_FAILURE() << "a code that no test knows: " << code;
    return false;
  }
  /// One in ten, and those the clinic's records become.
  static bool is_sampled(std::string_view type) {
    static const std::set<std::string_view> kAlways{
        "Patient",      "Observation", "Encounter",           "DocumentReference",
        "Procedure",    "Medication",  "OperationDefinition", "MedicationAdministration",
        "StructureMap", "ValueSet",    "SearchParameter",     "CodeSystem"};
    return kAlways.contains(type) || std::hash<std::string_view>{}(type) % 10 == 0;
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
  static std::unique_ptr<fhir::json::Document> statement_;
};
std::unique_ptr<Gateway> MetadataTest::gateway_;
std::string MetadataTest::token_;
std::unique_ptr<fhir::json::Document> MetadataTest::statement_;

TEST_F(MetadataTest, EveryInteractionOfAStatementIsThere) {
  static const std::set<std::string> kAll{"read",         "vread",       "history-instance",
                                          "history-type", "search-type", "create",
                                          "update",       "patch",       "delete"};
  for (const auto& resource : rest().find("resource")->items()) {
    const std::string type(resource.string("type"));
    if (!is_sampled(type)) continue;
    const auto stated = codes(resource);
    for (const auto& code : kAll)
      EXPECT_EQ(does(type, code), stated.contains(code)) << type << ' ' << code;
  }
}

TEST_F(MetadataTest, EverySearchParameterIsAnswered) {
  for (const auto& resource : rest().find("resource")->items()) {
    const std::string type(resource.string("type"));
    if (!is_sampled(type) || type == "OperationDefinition" || type == "SearchParameter") continue;
    std::string query = "?_summary=count";
    for (const auto& parameter : resource.find("searchParam")->items())
      if (parameter.string("type") != "composite" && parameter.string("type") != "special")
        query += fmt::format("&{}:missing=false", parameter.string("name"));
    const auto response = call("GET", fmt::format("/{}{}", type, query));
    EXPECT_EQ(response.status, 200) << type << ' ' << response.body;
  }
}

TEST_F(MetadataTest, EveryOperationIsThereAndSoIsItsDefinition) {
  std::size_t operations = 0;
  const auto check = [&](const Value& holder, const std::string& type) {
    const auto* list = holder.find("operation");
    if (list == nullptr) return;
    for (const auto& item : list->items()) {
      ++operations;
      const auto found = fhir::json::parse(
          call("GET", fmt::format("/OperationDefinition?url={}", item.string("definition"))).body);
      ASSERT_TRUE(found);
      ASSERT_EQ(found->root.find("total")->text(), "1") << item.string("definition");
      const auto& definition = *found->root.find("entry")->items()[0].find("resource");
      EXPECT_EQ(definition.string("code"), item.string("name"));
      if (item.string("name") == "export") continue;  // has routes of its own
      const auto base = type.empty() ? "" : "/" + type;
      const std::string body = R"({"resourceType":"Parameters"})";
      const auto name = fmt::format("/${}", item.string("name"));
      if (definition.find(type.empty() ? "system" : "type")->text() == "true")
        EXPECT_TRUE(is_done(call("POST", fmt::format("{}{}", base, name), body))) << type << name;
      if (!type.empty() && definition.find("instance")->text() == "true")
        EXPECT_TRUE(is_done(call("POST", fmt::format("{}/no-such-id{}", base, name), body)))
            << type << name;
    }
  };
  check(rest(), "");
  for (const auto& resource : rest().find("resource")->items())
    if (is_sampled(resource.string("type"))) check(resource, std::string(resource.string("type")));
  EXPECT_GE(operations, 4U);
}

TEST_F(MetadataTest, EveryInteractionOfTheSystemIsThere) {
  const auto stated = codes(rest());
  const auto bundle = [](const char* type) {
    return fmt::format(R"({{"resourceType":"Bundle","type":"{}"}})", type);
  };
  EXPECT_EQ(is_done(call("POST", "", bundle("batch"))), stated.contains("batch"));
  EXPECT_EQ(is_done(call("POST", "", bundle("transaction"))), stated.contains("transaction"));
  EXPECT_EQ(call("GET", "/_history?_count=1").status == 200, stated.contains("history-system"));
  EXPECT_EQ(call("GET", "?_type=Patient&_count=1").status == 200, stated.contains("search-system"));
}

TEST_F(MetadataTest, EveryCompartmentIsSearched) {
  const auto* list = rest().find("compartment");
  ASSERT_NE(list, nullptr);
  for (const auto& item : list->items()) {
    std::string code(item.text().substr(item.text().rfind('/') + 1));
    code = code == "relatedPerson" ? "RelatedPerson" : code;
    code.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(code.front())));
    EXPECT_EQ(call("GET", fmt::format("/{}/no-such-id/Observation?_summary=count", code)).status,
              200)
        << code;
  }
}

TEST_F(MetadataTest, ModesChooseTheStatement) {
  EXPECT_THAT(call("GET", "/metadata?mode=full").body, HasSubstr("\"security\""));
  EXPECT_THAT(call("GET", "/metadata?mode=normative").body,
              Not(HasSubstr("\"conditionalCreate\"")));
  EXPECT_THAT(call("GET", "/metadata?mode=terminology").body,
              HasSubstr(R"("resourceType":"TerminologyCapabilities")"));
  const auto refused = call("GET", "/metadata?mode=everything");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr(R"("expression":["mode"])"));
}

TEST_F(MetadataTest, DefinitionsAreReadWithoutAToken) {
  const auto operation = gateway_->get("/OperationDefinition/Observation-lastn", "");
  EXPECT_EQ(operation.status, 200);
  EXPECT_THAT(operation.body,
              HasSubstr("http://hl7.org/fhir/OperationDefinition/Observation-lastn"));
  EXPECT_EQ(gateway_->get("/SearchParameter?code=birthdate&base=Patient", "").status, 200);
  EXPECT_EQ(gateway_->get("/SearchParameter/nothing", "").status, 404);
  EXPECT_THAT(call("POST", "/OperationDefinition/_search", "code=lastn",
                   "application/x-www-form-urlencoded")
                  .body,
              HasSubstr(R"("total":1)"));
  const auto written = call("POST", "/SearchParameter", R"({"resourceType":"SearchParameter"})");
  EXPECT_EQ(written.status, 405);
  EXPECT_THAT(written.header("allow"), HasSubstr("GET"));
}

}  // namespace
}  // namespace kap::functional

// Searches as they are written on the wire, over the synthetic clinic.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Searching : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
    const auto submitted = gateway_->submit({data("clinic")});
    ASSERT_EQ(submitted.code, 0) << submitted.output;
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  static HttpResponse get(const std::string& path, const std::vector<std::string>& headers = {}) {
    return gateway_->get(path, token_, headers);
  }
  static fhir::json::Document bundle(const std::string& path) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 200) << path << "\n" << response.body;
    auto document = fhir::json::parse(response.body);
    EXPECT_TRUE(document.has_value());
    return document ? std::move(*document) : fhir::json::Document();
  }
  static std::vector<std::string> names(const fhir::json::Document& page,
                                        std::string_view mode = "match") {
    std::vector<std::string> out;
    const auto* entries = page.root.find("entry");
    if (entries == nullptr) return out;
    for (const auto& entry : entries->items()) {
      const auto* resource = entry.find("resource");
      if (entry.find("search")->string("mode") == mode)
        out.push_back(
            fmt::format("{}/{}", resource->string("resourceType"), resource->string("id")));
    }
    return out;
  }
  static std::string first(const std::string& type) {
    const auto found = names(bundle(fmt::format("/{}?_count=1", type)));
    return found.empty() ? "" : found.front();
  }
  static std::string next_of(const fhir::json::Document& page) {
    for (const auto& link : page.root.find("link")->items()) {
      const std::string url(link.string("url"));
      if (link.string("relation") == "next") return url.substr(gateway_->fhir_base().size());
    }
    return {};
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
};

std::unique_ptr<Gateway> Searching::gateway_;
std::string Searching::token_;

TEST_F(Searching, OverTheSystem) {
  const auto page = bundle("?_type=Patient,Encounter&_count=500&_total=accurate");
  const auto found = names(page);
  EXPECT_EQ(page.root.find("total")->text(), std::to_string(found.size()));
  EXPECT_TRUE(std::ranges::all_of(found, [](const std::string& name) {
    return name.starts_with("Patient/") || name.starts_with("Encounter/");
  }));
  const auto posted =
      gateway_->send({.method = "POST",
                      .url = "/_search",
                      .headers = {"Content-Type: application/x-www-form-urlencoded"},
                      .body = "_type=Patient&_summary=count"},
                     token_);
  EXPECT_EQ(posted.status, 200) << posted.body;
  const auto narrow = gateway_->token("system/Patient.rs");
  EXPECT_EQ(gateway_->get("?_type=Patient,Observation", narrow).status, 403);
  const auto allowed = gateway_->get("?_count=500", narrow);
  EXPECT_EQ(allowed.status, 200);
  EXPECT_THAT(allowed.body, Not(HasSubstr(R"("resourceType":"Observation")")));
  (void)gateway_->token();  // the client's scopes as they were
}

TEST_F(Searching, PagesOverSeveralTypesHoldEverythingOnce) {
  const auto whole = names(bundle("?_type=Patient,Encounter,Condition&_count=500"));
  for (const std::string sort : {"", "&_sort=-_lastUpdated", "&_sort=_id"}) {
    std::set<std::string> seen;
    std::size_t given = 0;
    std::string path = "?_type=Patient,Encounter,Condition&_count=7" + sort;
    while (!path.empty() && given <= whole.size()) {
      const auto page = bundle(path);
      for (auto& name : names(page)) {
        seen.insert(std::move(name));
        ++given;
      }
      path = next_of(page);
    }
    EXPECT_EQ(given, whole.size()) << sort;
    EXPECT_EQ(seen.size(), whole.size()) << sort;
  }
}

TEST_F(Searching, Compartments) {
  const auto patient = first("Patient");
  const auto id = patient.substr(patient.find('/') + 1);
  const auto by_compartment = names(bundle("/" + patient + "/Condition?_count=500"));
  EXPECT_FALSE(by_compartment.empty());
  EXPECT_EQ(by_compartment, names(bundle("/Condition?_count=500&patient=" + id)));
  const auto all = bundle("/" + patient + "/*?_type=Condition,Encounter&_count=500");
  EXPECT_GT(names(all).size(), by_compartment.size());
  EXPECT_TRUE(names(bundle("/Patient/nobody/Condition")).empty());
  EXPECT_EQ(get("/" + patient + "/Medication").status, 404);
  EXPECT_EQ(get("/Observation/x/Condition").status, 404);
}

/// The types of what a search over gRPC finds; `not OK` where it is refused.
std::set<std::string> types_over_grpc(const Gateway& gateway, const std::string& token,
                                      const fhir::v1::SearchRequest& request) {
  const auto stub = fhir::v1::Fhir::NewStub(open_channel(gateway.endpoint()));
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  const auto stream = stub->Search(&context, request);
  std::set<std::string> types;
  fhir::v1::SearchResponse message;
  while (stream->Read(&message))
    if (message.has_match()) types.insert(message.match().type());
  return stream->Finish().ok() ? types : std::set<std::string>{"not OK"};
}

TEST_F(Searching, TheSameOverGrpc) {
  fhir::v1::SearchRequest several;
  auto& parameter = *several.add_parameters();
  parameter.set_name("_type");
  parameter.set_value("Patient,Encounter");
  EXPECT_THAT(types_over_grpc(*gateway_, token_, several), ElementsAre("Encounter", "Patient"));

  const auto patient = first("Patient");
  fhir::v1::SearchRequest compartment;
  compartment.set_type("Condition");
  compartment.set_compartment_type("Patient");
  compartment.set_compartment_id(patient.substr(patient.find('/') + 1));
  EXPECT_THAT(types_over_grpc(*gateway_, token_, compartment), ElementsAre("Condition"));
  compartment.set_type("Medication");
  EXPECT_THAT(types_over_grpc(*gateway_, token_, compartment), ElementsAre("not OK"));
}

TEST_F(Searching, PartsOfResources) {
  const auto summary = get("/Observation?_count=1&_summary=true");
  EXPECT_THAT(summary.body, HasSubstr("SUBSETTED"));
  const auto elements = get("/Observation?_count=1&_elements=code");
  EXPECT_THAT(elements.body, HasSubstr("SUBSETTED"));
  EXPECT_THAT(elements.body, HasSubstr("\"status\""));
  EXPECT_THAT(elements.body, Not(HasSubstr("\"subject\"")));
  EXPECT_EQ(get("/Observation?_elements=colour").status, 400);
  const auto one = first("Observation");
  EXPECT_THAT(get("/" + one).body, Not(HasSubstr("SUBSETTED")));
  EXPECT_THAT(get("/" + one + "?_summary=true").body, HasSubstr("SUBSETTED"));
  EXPECT_THAT(get("/" + one + "?_elements=code").body, Not(HasSubstr("\"subject\"")));
  EXPECT_EQ(get("/" + one + "?_elements=colour").status, 400);
}

TEST_F(Searching, IncludesOfEverythingAndInCircles) {
  const auto patient = first("Patient");
  const auto id = patient.substr(patient.find('/') + 1);
  EXPECT_FALSE(
      names(bundle("/Encounter?_count=5&patient=" + id + "&_include=*"), "include").empty());
  EXPECT_FALSE(names(bundle("/Patient?_id=" + id + "&_revinclude=*"), "include").empty());
  const auto circle = get("/Encounter?_count=2&_include:iterate=*&_revinclude:iterate=*");
  EXPECT_TRUE(circle.status == 200 || circle.status == 422) << circle.status;
}

TEST_F(Searching, WhatIsRefusedSaysWhy) {
  const struct {
    const char* path;
    const char* code;
    const char* expression;
  } rows[] = {
      {"/Patient?_text=x", "not-supported", "_text"},
      {"/Patient?_content=x", "not-supported", "_content"},
      {"/Patient?_filter=x", "not-supported", "_filter"},
      {"/Patient?_query=x", "not-supported", "_query"},
      {"/Patient?_contained=true", "not-supported", "_contained"},
      {"/Patient?_list=$current-problems", "not-supported", "_list"},
      {"/Location?near=1|2", "not-supported", "near"},
      {"/Patient?_type=Patient", "value", "_type"},
      {"/Patient?family:text=x", "value", "family:text"},
      {"/Patient?family:sounds-like=x", "value", "family:sounds-like"},
      {"/Patient?colour:bright=x", "value", "colour:bright"},
      {"/Patient?_sort:desc=family", "value", "_sort:desc"},
      {"/Condition?code:in=http://example.org/none", "value", "code:in"},
      {"/Condition?code:below=http://snomed.info/sct|404684003", "value", "code:below"},
      {"/Condition?identifier:of-type=a|b", "value", "identifier:of-type"},
      {"/Condition?subject:below=Patient/x", "value", "subject:below"},
      {"/Observation?code-value-quantity=a", "value", "code-value-quantity"},
      {"/Observation?_summary=text&_include=Observation:subject", "value", "_summary"},
      {"/Observation?_summary=true&_elements=code", "value", "_elements"},
      {"/Observation?_count=1&_count=2", "value", "_count"},
      {"?_type=Patients", "value", "_type"},
      {"?_type=Patient,Observation&birthdate=1970&_format=json", "not-supported", "birthdate"},
  };
  for (const auto& row : rows) {
    const auto response = get(row.path, {"Prefer: handling=strict"});
    EXPECT_EQ(response.status, 400) << row.path << "\n" << response.body;
    EXPECT_THAT(response.body, HasSubstr(fmt::format(R"("code":"{}")", row.code))) << row.path;
    EXPECT_THAT(response.body, HasSubstr(row.expression)) << row.path;
  }
}

TEST_F(Searching, WhatIsTooMuchIsCappedOrRefused) {
  std::string many = "a0";
  for (int i = 1; i < 10'000; ++i) many += fmt::format(",a{}", i);
  EXPECT_EQ(get("/Observation?code=" + many).status, 414);
  const auto posted =
      gateway_->send({.method = "POST",
                      .url = "/Observation/_search",
                      .headers = {"Content-Type: application/x-www-form-urlencoded"},
                      .body = "code=" + many},
                     token_);
  EXPECT_EQ(posted.status, 400);
  EXPECT_EQ(get("/Patient?_count=1000000000").status, 200);
  EXPECT_EQ(get("/Patient?name:contains=a").status, 200);
  EXPECT_EQ(get("/Provenance?target.focus.focus.focus.focus.focus=x").status, 400);
}

}  // namespace
}  // namespace kap::functional

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "tests/functional/gateway.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Fields = std::vector<std::string>;
constexpr const char* kJson = "Content-Type: application/fhir+json";

/// A token of a client with the keys of the run, registered for one clinic.
std::string register_client(const Gateway& gateway, const std::string& id,
                            const std::string& clinic, const Fields& more = {}) {
  const auto& pki = Pki::shared();
  std::vector<std::string> arguments{KAP_GATEWAY, "client",         "register",
                                     "--config",  gateway.config(), "--id",
                                     id,          "--jwks",         pki.file("ehr-jwks.json"),
                                     "--scope",   "system/*.cruds", "--clinic",
                                     clinic,      "--replace"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto registered = run(arguments);
  EXPECT_EQ(registered.code, 0) << registered.output;
  auto token = run({KAP_GATEWAY, "client", "token", "--token-url",
                    fmt::format("https://localhost:{}/auth/token", gateway.https_port()),
                    "--client-id", id, "--jwk", pki.file("ehr-private.jwk.json"), "--ca",
                    pki.file("ca.pem"), "--scope", "system/*.cruds"});
  EXPECT_EQ(token.code, 0) << token.output;
  while (!token.output.empty() && token.output.back() == '\n') token.output.pop_back();
  return token.output;
}

class Writing : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
    west_ = register_client(*gateway_, "west-ehr", "kap-clinic-west");
    namer_ = register_client(*gateway_, "naming-ehr", Pki::kClinic, {"--update-as-create"});
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  static HttpResponse send(const std::string& method, const std::string& path,
                           const std::string& body = {}, Fields headers = {kJson},
                           const std::string& token = token_) {
    return gateway_->send(
        {.method = method, .url = path, .headers = std::move(headers), .body = body}, token);
  }
  static std::string patient(const std::string& members, const std::string& id = {}) {
    return fmt::format(R"({{"resourceType":"Patient"{}{}{}}})",
                       id.empty() ? "" : fmt::format(R"(,"id":"{}")", id),
                       members.empty() ? "" : ",", members);
  }
  static std::string identified(const std::string& value) {
    return fmt::format(R"("identifier":[{{"system":"urn:mrn","value":"{}"}}])", value);
  }
  /// `Patient/id` of a new Patient.
  static std::string make(const std::string& members = R"("active":true)",
                          const std::string& token = token_) {
    const auto made = send("POST", "/Patient", patient(members), {kJson}, token);
    EXPECT_EQ(made.status, 201) << made.body;
    const auto location = made.header("location");
    const auto start = location.find("/Patient/");
    return start == std::string::npos ? ""
                                      : location.substr(start, location.find("/_history") - start);
  }
  static std::string id_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
  static std::string west_;
  static std::string namer_;
};
std::unique_ptr<Gateway> Writing::gateway_;
std::string Writing::token_;
std::string Writing::west_;
std::string Writing::namer_;

TEST_F(Writing, ACreateSaysWhereTheResourceIs) {
  const auto made = send("POST", "/Patient", patient(R"("active":true)"));
  ASSERT_EQ(made.status, 201) << made.body;
  const auto document = fhir::json::parse(made.body);
  ASSERT_TRUE(document);
  const std::string id(document->root.string("id"));
  EXPECT_EQ(made.header("location"),
            fmt::format("{}/Patient/{}/_history/1", gateway_->fhir_base(), id));
  EXPECT_EQ(made.header("etag"), R"(W/"1")");
  EXPECT_THAT(made.header("last-modified"), HasSubstr("GMT"));
  EXPECT_THAT(made.header("content-type"), StartsWith("application/fhir+json"));
  EXPECT_EQ(gateway_->get("/Patient/" + id, token_).body, made.body);
}

TEST_F(Writing, PreferSaysWhatComesBack) {
  const auto minimal =
      send("POST", "/Patient", patient(R"("active":true)"), {kJson, "Prefer: return=minimal"});
  EXPECT_EQ(minimal.status, 201);
  EXPECT_THAT(minimal.body, IsEmpty());
  EXPECT_THAT(minimal.header("location"), HasSubstr("/Patient/"));
  EXPECT_EQ(minimal.header("preference-applied"), "return=minimal");
  const auto outcome = send("POST", "/Patient", patient(R"("active":true)"),
                            {kJson, "Prefer: handling=strict, return=OperationOutcome"});
  EXPECT_EQ(outcome.status, 201);
  EXPECT_THAT(outcome.body, HasSubstr(R"("resourceType":"OperationOutcome")"));
  const auto whole = send("POST", "/Patient", patient(R"("active":true)"),
                          {kJson, "Prefer: return=representation"});
  EXPECT_THAT(whole.body, StartsWith(R"({"resourceType":"Patient")"));
  const auto path = make();
  EXPECT_EQ(send("DELETE", path, {}, {"Prefer: return=OperationOutcome"}).status, 200);
  EXPECT_EQ(send("DELETE", make()).status, 204);
}

TEST_F(Writing, FormatAndPrettyHoldForWrites) {
  const auto pretty = send("POST", "/Patient?_pretty=true&_format=json", patient(""));
  EXPECT_EQ(pretty.status, 201);
  EXPECT_THAT(pretty.body, HasSubstr("\n  \"id\""));
  EXPECT_EQ(send("POST", "/Patient?_format=xml", patient("")).status, 406);
  EXPECT_EQ(send("POST", "/Patient", patient(""), {kJson, "Accept: application/fhir+xml"}).status,
            406);
  for (const auto* type :
       {"application/fhir+xml", "text/plain", "application/xml",
        "application/fhir+json; fhirVersion=5.0", "application/fhir+json; charset=utf-16"}) {
    const auto refused =
        send("POST", "/Patient", patient(""), {fmt::format("Content-Type: {}", type)});
    EXPECT_EQ(refused.status, 415) << type;
    EXPECT_THAT(refused.body, HasSubstr("OperationOutcome"));
  }
  EXPECT_EQ(send("POST", "/Patient", patient(""),
                 {"Content-Type: application/json; charset=UTF-8; fhirVersion=\"4.0\""})
                .status,
            201);
}

TEST_F(Writing, AnUpdateWithAnOldVersionIsRefused) {
  const auto path = make();
  const auto id = id_of(path);
  EXPECT_EQ(send("PUT", path, patient(R"("active":false)", id), {kJson, R"(If-Match: W/"1")"})
                .header("etag"),
            R"(W/"2")");
  const auto old = send("PUT", path, patient("", id), {kJson, R"(If-Match: W/"1")"});
  EXPECT_EQ(old.status, 412) << old.body;
  EXPECT_THAT(old.body, HasSubstr(R"("code":"conflict")"));
  EXPECT_EQ(send("PUT", path, patient("", id), {kJson, "If-Match: 1"}).status, 400);
  EXPECT_EQ(send("DELETE", path, {}, {R"(If-Match: W/"1")"}).status, 412);
  EXPECT_EQ(send("PUT", path, patient("", id), {kJson, "If-None-Match: *"}).status, 412);
  EXPECT_EQ(send("PUT", path, patient(R"("active":false)", id)).header("etag"), R"(W/"2")");
}

TEST_F(Writing, AbsentDeletedAndForbiddenAreToldApart) {
  EXPECT_EQ(send("PUT", "/Patient/never", patient("", "never")).status, 404);
  const auto path = make();
  EXPECT_EQ(send("DELETE", path).header("etag"), R"(W/"2")");
  EXPECT_EQ(gateway_->get(path, token_).status, 410);
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(send("PATCH", path, "[]", {"Content-Type: application/json-patch+json"}).status, 410);
  const auto reading = gateway_->token("system/*.rs");
  for (const auto* method : {"PUT", "DELETE", "PATCH"})
    EXPECT_EQ(send(method, path, patient(""), {kJson}, reading).status, 403) << method;
  EXPECT_EQ(send("POST", "/Patient", patient(""), {kJson}, reading).status, 403);
  EXPECT_EQ(send("POST", "/Patients", patient("")).status, 404);
  EXPECT_EQ(send("POST", "/Patient", patient(""), {kJson}, "").status, 401);
  EXPECT_EQ(send("PUT", path, patient("", id_of(path))).status, 201);
}

TEST_F(Writing, AnotherClinicsResourceIsNotThere) {
  const auto path = make(identified("secret"));
  const auto id = id_of(path);
  const auto hidden = send("PUT", path, patient("", id), {kJson}, west_);
  const auto absent = send("PUT", "/Patient/never", patient("", "never"), {kJson}, west_);
  EXPECT_EQ(hidden.status, 404);
  EXPECT_EQ(hidden.body, absent.body);
  EXPECT_EQ(send("DELETE", path, {}, {}, west_).status, 204);
  EXPECT_EQ(send("DELETE", "/Patient?identifier=urn:mrn|secret", {}, {}, west_).status, 204);
  EXPECT_EQ(send("PATCH", path, "[]", {"Content-Type: application/json-patch+json"}, west_).status,
            404);
  const auto own = send("POST", "/Patient", patient(identified("secret")),
                        {kJson, "If-None-Exist: identifier=urn:mrn|secret"}, west_);
  EXPECT_EQ(own.status, 201);
  EXPECT_EQ(gateway_->get(path, token_).header("etag"), R"(W/"1")");
}

TEST_F(Writing, ARegisteredClientMayNameAResource) {
  EXPECT_EQ(send("PUT", "/Patient/named", patient("", "named")).status, 404);
  const auto made = send("PUT", "/Patient/named", patient("", "named"), {kJson}, namer_);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("location"), gateway_->fhir_base() + "/Patient/named/_history/1");
  EXPECT_EQ(send("PUT", "/Patient/named", patient("", "other"), {kJson}, namer_).status, 400);
  EXPECT_EQ(send("PUT", "/Patient/named", patient(""), {kJson}, namer_).status, 400);
}

TEST_F(Writing, BadContentIsToldWhereItIsBad) {
  const auto broken = send("POST", "/Patient", "{\n  \"resourceType\": \"Patient\",\n  active }");
  EXPECT_EQ(broken.status, 400);
  EXPECT_THAT(broken.body, HasSubstr("line 3, column 3"));
  const auto wrong = send("POST", "/Patient", R"({"resourceType":"Observation"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr(R"("expression":["resourceType"])"));
  const auto invalid =
      send("POST", "/Patient", patient(R"("gender":"m","birthDate":"1.1.2000","colour":"red")"));
  EXPECT_EQ(invalid.status, 422);
  EXPECT_THAT(invalid.body, HasSubstr("Patient.gender"));
  EXPECT_THAT(invalid.body, HasSubstr("Patient.birthDate"));
  EXPECT_THAT(invalid.body, HasSubstr("colour"));
  EXPECT_EQ(send("POST", "/Patient", std::string((16U << 20U) + 1, ' ')).status, 413);
}

TEST_F(Writing, ConditionalInteractionsTakeOneMatch) {
  const auto exists = std::string("If-None-Exist: identifier=urn:mrn|one");
  const auto made = send("POST", "/Patient", patient(identified("one")), {kJson, exists});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto found = send("POST", "/Patient", patient(identified("one")), {kJson, exists});
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.header("location"), made.header("location"));
  EXPECT_EQ(found.body, made.body);
  const auto where = std::string("/Patient?identifier=urn:mrn%7Cone");
  EXPECT_EQ(send("PUT", where, patient(identified("one") + R"(,"active":true)")).header("etag"),
            R"(W/"2")");
  EXPECT_EQ(send("PATCH", where, R"([{"op":"replace","path":"/active","value":false}])",
                 {"Content-Type: application/json-patch+json"})
                .header("etag"),
            R"(W/"3")");
  make(identified("one"));
  for (const auto* method : {"PUT", "DELETE"})
    EXPECT_EQ(send(method, where, patient("")).status, 412) << method;
  const auto many = send("POST", "/Patient", patient(""), {kJson, exists});
  EXPECT_EQ(many.status, 412);
  EXPECT_THAT(many.body, HasSubstr("multiple-matches"));
  EXPECT_EQ(send("DELETE", "/Patient?identifier=urn:mrn|none").status, 204);
  EXPECT_EQ(send("DELETE", "/Patient").status, 400);
  EXPECT_EQ(send("DELETE", "/Patient?colour=red").status, 400);
}

TEST_F(Writing, APatchIsJsonPatchOrFhirPathPatch) {
  const auto path = make();
  const auto patched = send("PATCH", path, R"([{"op":"add","path":"/gender","value":"other"}])",
                            {"Content-Type: application/json-patch+json"});
  EXPECT_EQ(patched.status, 200) << patched.body;
  EXPECT_THAT(patched.body, HasSubstr(R"("gender":"other")"));
  const auto* parameters =
      R"({"resourceType":"Parameters","parameter":[{"name":"operation","part":[)"
      R"({"name":"type","valueCode":"delete"},{"name":"path","valueString":"Patient.gender"}]}]})";
  EXPECT_THAT(send("PATCH", path, parameters).body, Not(HasSubstr("gender")));
  EXPECT_EQ(send("PATCH", path, "[]", {"Content-Type: application/json"}).status, 415);
  EXPECT_EQ(send("PATCH", path, "<diff/>", {"Content-Type: application/xml-patch+xml"}).status,
            415);
  EXPECT_EQ(send("PATCH", path, "[", {"Content-Type: application/json-patch+json"}).status, 400);
}

/// Over connections of their own, all at once.
TEST_F(Writing, SimultaneousConditionalCreatesMakeOneResource) {
  for (const int count : {2, 16}) {
    const auto value = fmt::format("race-{}", count);
    std::promise<void> start;
    const std::shared_future<void> started = start.get_future();
    std::vector<std::future<HttpResponse>> creates;
    for (int i = 0; i < count; ++i)
      creates.push_back(std::async(std::launch::async, [&] {
        started.wait();
        return send("POST", "/Patient", patient(identified(value)),
                    {kJson, "If-None-Exist: identifier=urn:mrn|" + value});
      }));
    start.set_value();
    int created = 0;
    std::set<std::string> locations;
    for (auto& one : creates) {
      const auto response = one.get();
      EXPECT_TRUE(response.status == 200 || response.status == 201) << response.body;
      created += response.status == 201 ? 1 : 0;
      locations.insert(response.header("location"));
    }
    EXPECT_EQ(created, 1);
    EXPECT_EQ(locations.size(), 1U);
    const auto page =
        gateway_->get("/Patient?_summary=count&identifier=urn:mrn|" + value, token_).body;
    EXPECT_THAT(page, HasSubstr(R"("total":1)"));
  }
}

/// Killed while writers are at work: what was answered is there, and what was not is whole or not.
TEST(WritingThroughAKill, WhatWasAnsweredIsKept) {
  Gateway gateway;
  ASSERT_TRUE(gateway.start()) << gateway.log();
  const auto token = gateway.token();
  std::promise<void> some;
  std::atomic<int> answered = 0;
  std::vector<std::future<std::vector<std::string>>> writers;
  for (int i = 0; i < 4; ++i)
    writers.push_back(std::async(std::launch::async, [&] {
      std::vector<std::string> paths;
      for (;;) {
        const auto made = gateway.send({.method = "POST",
                                        .url = "/Patient",
                                        .headers = {kJson},
                                        .body = R"({"resourceType":"Patient","active":true})"},
                                       token);
        if (made.status != 201) return paths;
        const auto location = made.header("location");
        const auto start = location.find("/Patient/");
        paths.push_back(location.substr(start, location.find("/_history") - start));
        if (++answered == 20) some.set_value();
      }
    }));
  some.get_future().wait();
  gateway.crash();
  std::vector<std::string> paths;
  for (auto& writer : writers)
    for (auto& path : writer.get()) paths.push_back(std::move(path));
  ASSERT_TRUE(gateway.start()) << gateway.log();
  const auto again = gateway.token();
  for (const auto& path : paths) EXPECT_EQ(gateway.get(path, again).status, 200);
  EXPECT_GE(gateway.count("Patient", again), static_cast<long>(paths.size()));
}

}  // namespace
}  // namespace kap::functional

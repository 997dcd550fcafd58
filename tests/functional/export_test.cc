#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace v1 = fhir::v1;

const std::string kAsync = "Prefer: respond-async";

/// A gateway with a few Patients and Observations of its own.
class Export : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
    for (int i = 0; i < 3; ++i) {
      const auto patient = create("Patient", R"("active":true)");
      patients_.push_back(patient);
      create("Observation",
             R"("status":"final","code":{"text":"x"},"subject":{"reference":"Patient/)" + patient +
                 "\"}");
    }
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  static std::string create(const std::string& type, const std::string& members) {
    const auto response =
        gateway_->send({.method = "POST",
                        .url = "/" + type,
                        .headers = {"Content-Type: application/fhir+json"},
                        .body = R"({"resourceType":")" + type + "\"," + members + "}"},
                       token_);
    EXPECT_EQ(response.status, 201) << response.body;
    const auto document = fhir::json::parse(response.body);
    return document ? std::string(document->root.string("id")) : "";
  }
  static HttpResponse send(const std::string& method, const std::string& url,
                           const std::vector<std::string>& headers = {},
                           const std::string& body = {}) {
    return gateway_->send({.method = method, .url = url, .headers = headers, .body = body}, token_);
  }
  /// Polls until the manifest is there.
  static HttpResponse manifest_of(const std::string& location) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      auto response = send("GET", location);
      if (response.status != 202 && response.status != 429) return response;
      EXPECT_FALSE(response.header("retry-after").empty());
      if (response.status == 202) EXPECT_FALSE(response.header("x-progress").empty());
    }
    return {};
  }
  static std::string kick_off(const std::string& path) {
    const auto response = send("GET", path, {kAsync, "Accept: application/fhir+json"});
    EXPECT_EQ(response.status, 202) << response.body;
    return response.header("content-location");
  }
  /// URLs by type.
  static std::map<std::string, std::string> outputs(const HttpResponse& manifest) {
    std::map<std::string, std::string> out;
    const auto document = fhir::json::parse(manifest.body);
    if (!document) return out;
    for (const auto& entry : document->root.find("output")->items())
      out.emplace(entry.string("type"), entry.string("url"));
    return out;
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
  static std::vector<std::string> patients_;
};
std::unique_ptr<Gateway> Export::gateway_;
std::string Export::token_;
std::vector<std::string> Export::patients_;

TEST_F(Export, FromTheKickOffToTheFiles) {
  const auto location = kick_off("/$export?_type=Patient,Observation");
  EXPECT_THAT(location, HasSubstr("/fhir/_export/"));
  const auto manifest = manifest_of(location);
  ASSERT_EQ(manifest.status, 200) << manifest.body;
  EXPECT_EQ(manifest.header("content-type"), "application/json");
  EXPECT_FALSE(manifest.header("expires").empty());
  EXPECT_THAT(manifest.body, AllOf(HasSubstr(R"("requiresAccessToken":true)"),
                                   HasSubstr(R"($export?_type=Patient,Observation")"),
                                   HasSubstr(R"("count":3)"), HasSubstr(R"("error":[])")));
  const auto files = outputs(manifest);
  ASSERT_EQ(files.size(), 2U);
  const auto patients = send("GET", files.at("Patient"), {"Accept: application/fhir+ndjson"});
  EXPECT_EQ(patients.status, 200);
  EXPECT_EQ(patients.header("content-type"), "application/fhir+ndjson");
  EXPECT_EQ(patients.header("transfer-encoding"), "chunked");
  for (const auto& patient : patients_)
    EXPECT_THAT(patients.body, HasSubstr(R"("id":")" + patient + "\""));
  const auto zipped = send("GET", files.at("Patient"), {"Accept-Encoding: gzip"});
  EXPECT_EQ(zipped.header("content-encoding"), "gzip");
  EXPECT_LT(zipped.body.size(), patients.body.size());
  EXPECT_EQ(gateway_->send({.url = files.at("Patient")}, "").status, 401);
  const auto narrow = gateway_->token("system/Observation.rs");
  EXPECT_EQ(gateway_->send({.url = files.at("Patient")}, narrow).status, 403);

  EXPECT_EQ(send("DELETE", location).status, 202);
  for (const auto& url : {location, files.at("Patient")}) EXPECT_EQ(send("GET", url).status, 404);
  EXPECT_EQ(send("DELETE", location).status, 404);
}

TEST_F(Export, ChangesAndARestartBetweenChangeNothing) {
  const auto group =
      create("Group", R"("type":"person","actual":true,"member":[{"entity":{"reference":)"
                      R"("Patient/)" +
                          patients_[0] + "\"}}]");
  const auto location = kick_off("/Group/" + group + "/$export");
  ASSERT_EQ(send("DELETE", "/Group/" + group).status / 100, 2);
  create("Observation",
         R"("status":"final","code":{"text":"late"},"subject":{"reference":"Patient/)" +
             patients_[0] + "\"}");
  gateway_->crash();
  ASSERT_TRUE(gateway_->start()) << gateway_->log();
  const auto path = location.substr(location.find("/_export/"));
  const auto manifest = manifest_of(path);
  ASSERT_EQ(manifest.status, 200) << manifest.body;
  auto files = outputs(manifest);
  ASSERT_EQ(files.count("Observation"), 1U) << manifest.body;
  const auto here = [](const std::string& url) { return url.substr(url.find("/_export/")); };
  const auto observations = send("GET", here(files["Observation"]));
  EXPECT_THAT(observations.body,
              AllOf(HasSubstr(patients_[0]), Not(HasSubstr("late")), Not(HasSubstr(patients_[1]))));
  gateway_->crash();
  ASSERT_TRUE(gateway_->start()) << gateway_->log();
  EXPECT_EQ(send("GET", here(files["Observation"])).body, observations.body);
  EXPECT_EQ(send("DELETE", path).status, 202);
}

TEST_F(Export, WhatIsWrongIsSaid) {
  const auto status = [](const std::string& url,
                         const std::vector<std::string>& headers = {kAsync}) {
    return send("GET", url, headers).status;
  };
  EXPECT_EQ(status("/$export", {}), 400);
  EXPECT_EQ(status("/$export", {"Prefer: handling=lenient"}), 400);
  EXPECT_EQ(status("/$export?nonsense=1"), 400);
  EXPECT_EQ(status("/$export?_since=yesterday"), 400);
  EXPECT_EQ(status("/Patient/$export?patient=Patient/1"), 400);
  EXPECT_EQ(status("/Group/nobody/$export"), 404);
  EXPECT_EQ(status("/_export/nothing", {}), 404);
  EXPECT_EQ(status("/$export", {kAsync, "Accept: application/fhir+xml"}), 406);
  const auto post = send("POST", "/Patient/$export", {kAsync, "Content-Type: text/plain"}, "x");
  EXPECT_EQ(post.status, 415);
  const auto refused =
      send("POST", "/Patient/$export", {kAsync, "Content-Type: application/fhir+json"},
           R"({"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":)"
           R"({"reference":"Patient/nobody"}}]})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("OperationOutcome"), HasSubstr("patient")));
  const auto taken =
      send("POST", "/Patient/$export",
           {"Prefer: respond-async, handling=lenient", "Content-Type: application/fhir+json"},
           R"({"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":)"
           R"({"reference":"Patient/)" +
               patients_[1] +
               R"("}},{"name":"includeAssociatedData","valueCode":"LatestProvenanceResources"}]})");
  ASSERT_EQ(taken.status, 202) << taken.body;
  const auto manifest = manifest_of(taken.header("content-location"));
  EXPECT_THAT(manifest.body, AllOf(HasSubstr("errors.ndjson"), HasSubstr(R"("count":1)")));
  EXPECT_EQ(send("DELETE", taken.header("content-location")).status, 202);
}

TEST_F(Export, TooManyJobsAreThrottled) {
  std::vector<std::string> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(kick_off("/$export?_type=Patient"));
  const auto refused = send("GET", "/$export", {kAsync});
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(refused.header("retry-after").empty());
  for (const auto& job : jobs) EXPECT_EQ(send("DELETE", job).status, 202);
}

TEST_F(Export, OneGrpcStreamHoldsItAll) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  context.AddMetadata("authorization", "Bearer " + token_);
  v1::ExportRequest request;
  auto& type = *request.add_parameters();
  type.set_name("_type");
  type.set_value("Patient");
  const auto stub = v1::Fhir::NewStub(open_channel(gateway_->endpoint()));
  const auto stream = stub->Export(&context, request);
  v1::ExportResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_GT(message.summary().transaction_time().seconds(), 0);
  std::string lines;
  while (stream->Read(&message)) {
    EXPECT_EQ(message.chunk().type(), "Patient");
    lines += message.chunk().ndjson();
  }
  EXPECT_TRUE(stream->Finish().ok());
  for (const auto& patient : patients_) EXPECT_THAT(lines, HasSubstr(R"("id":")" + patient + "\""));
}

}  // namespace
}  // namespace kap::functional

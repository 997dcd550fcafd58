#include <fmt/format.h>
#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "kap/fhir/v1/fhir.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using fhir::json::Value;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// $everything over the wire, on the synthetic clinic.
class OperationsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    const auto submitted = gateway_->submit({data("clinic")});
    ASSERT_EQ(submitted.code, 0) << submitted.output;
    token_ = gateway_->token();
  }
  static void TearDownTestSuite() {
    gateway_->stop();
    gateway_.reset();
  }

  static fhir::json::Document bundle(const std::string& path) {
    const auto response = gateway_->get(path, token_);
    EXPECT_EQ(response.status, 200) << path << ' ' << response.body;
    auto document = fhir::json::parse(response.body);
    return document ? std::move(*document) : fhir::json::Document();
  }
  /// `Type/id` of each entry.
  static std::set<std::string> names(const Value& bundle) {
    std::set<std::string> out;
    if (const auto* entries = bundle.find("entry"))
      for (const auto& entry : entries->items()) out.insert(name(*entry.find("resource")));
    return out;
  }
  static std::string name(const Value& resource) {
    return fmt::format("{}/{}", resource.string("resourceType"), resource.string("id"));
  }
  static std::string next_of(const Value& bundle) {
    for (const auto& link : bundle.find("link")->items())
      if (link.string("relation") == "next") {
        const std::string url(link.string("url"));
        return url.substr(url.find("/fhir/") + 5);
      }
    return {};
  }
  static void collect_references(const Value& value, std::set<std::string>& out) {
    for (const auto& item : value.items()) collect_references(item, out);
    for (const auto& member : value.members()) {
      const auto text = member.value.is_string() ? member.value.text() : std::string_view{};
      if (member.name == "reference" && !text.starts_with('#') && !text.contains(':'))
        out.emplace(text);
      collect_references(member.value, out);
    }
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
};
std::unique_ptr<Gateway> OperationsTest::gateway_;
std::string OperationsTest::token_;

TEST_F(OperationsTest, ASessionComesWholeAndCanBeRead) {
  const auto sessions = bundle("/Encounter?class=AMB&_count=500");
  std::size_t compared = 0;
  for (const auto& entry : sessions.root.find("entry")->items()) {
    if (++compared % 5 != 0) continue;
    const auto session = name(*entry.find("resource"));
    const auto everything = bundle(fmt::format("/{}/$everything", session));
    const auto there = names(everything.root);
    EXPECT_THAT(there, Contains(session));
    const auto id = session.substr(session.find('/') + 1);
    for (const auto* search : {"Observation?encounter=", "Procedure?encounter=",
                               "MedicationAdministration?context=", "DocumentReference?encounter=",
                               "QuestionnaireResponse?encounter=", "Condition?encounter="})
      for (const auto& found : names(bundle(fmt::format("/{}{}&_count=500", search, id)).root))
        EXPECT_THAT(there, Contains(found));
    std::set<std::string> references;
    for (const auto& item : everything.root.find("entry")->items())
      if (item.find("search")->string("mode") == "match")
        collect_references(*item.find("resource"), references);
    for (const auto& reference : references) {
      if (there.contains(reference)) continue;
      EXPECT_NE(gateway_->get("/" + reference, token_).status, 200)
          << session << " needs " << reference;
    }
  }
  EXPECT_GT(compared, 5U);
}

TEST_F(OperationsTest, ARecordInPagesIsTheRecord) {
  for (const auto& entry : bundle("/Patient?_count=3").root.find("entry")->items()) {
    const auto patient = name(*entry.find("resource"));
    std::set<std::string> whole;
    std::set<std::string> paged;
    for (auto path = fmt::format("/{}/$everything", patient); !path.empty();) {
      const auto page = bundle(path);
      whole.merge(names(page.root));
      path = next_of(page.root);
    }
    for (auto path = fmt::format("/{}/$everything?_count=40", patient); !path.empty();) {
      const auto page = bundle(path);
      paged.merge(names(page.root));
      path = next_of(page.root);
    }
    EXPECT_EQ(whole, paged);
    EXPECT_GT(whole.size(), 50U);
  }
}

TEST_F(OperationsTest, NoOperationShowsPsychotherapyNotes) {
  for (const auto& entry : bundle("/Patient?_count=50").root.find("entry")->items()) {
    const auto patient = name(*entry.find("resource"));
    for (auto path = fmt::format("/{}/$everything", patient); !path.empty();) {
      const auto response = gateway_->get(path, token_);
      EXPECT_THAT(response.body, Not(HasSubstr("\"PSYTHPN\"")));
      const auto page = fhir::json::parse(response.body);
      ASSERT_TRUE(page);
      path = next_of(page->root);
    }
    const auto documents = gateway_->get(
        fmt::format("/DocumentReference/$docref?patient={}&start=2000", patient.substr(8)), token_);
    EXPECT_THAT(documents.body, Not(HasSubstr("\"PSYTHPN\"")));
  }
}

TEST_F(OperationsTest, MethodsAndMediaTypesAreThoseOfTheTable) {
  const auto call = [](const std::string& method, const std::string& url,
                       const std::string& body = {}, const std::string& type = "application/json") {
    return gateway_->send(
        {.method = method, .url = url, .headers = {"Content-Type: " + type}, .body = body}, token_);
  };
  const auto changing = call("GET", "/Patient/x/$meta-add");
  EXPECT_EQ(changing.status, 405);
  EXPECT_EQ(changing.header("allow"), "POST");
  EXPECT_EQ(call("PUT", "/Observation/$lastn", "{}").status, 405);
  EXPECT_EQ(call("POST", "/Observation/$lastn", "patient=1", "text/plain").status, 415);
  EXPECT_EQ(call("POST", "/Observation/$lastn", "{").status, 400);
  EXPECT_EQ(call("GET", "/Observation/$nothing").status, 404);
  EXPECT_EQ(gateway_->get("/Observation/$lastn?patient=1&code=1", "").status, 401);
  EXPECT_EQ(
      gateway_->get("/Observation/$lastn?patient=1&code=1", gateway_->token("system/Patient.rs"))
          .status,
      403);
}

TEST_F(OperationsTest, TheSameOverGrpc) {
  const auto session = bundle("/Encounter?class=AMB&_count=1");
  const auto id = session.root.find("entry")->items()[0].find("resource")->string("id");
  const auto stub = fhir::v1::Fhir::NewStub(open_channel(gateway_->endpoint()));
  const auto call = [&](const std::string& operation, const std::string& token,
                        fhir::v1::OperationResponse& response) {
    fhir::v1::OperationRequest request;
    request.set_operation(operation);
    request.set_type("Encounter");
    request.set_id(std::string(id));
    auto* parameter = request.add_parameters();
    parameter->set_name("_type");
    parameter->set_value("Observation");
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    return stub->Operation(&context, request, &response).error_code();
  };
  fhir::v1::OperationResponse response;
  ASSERT_EQ(call("everything", token_, response), grpc::StatusCode::OK);
  EXPECT_EQ(
      response.json(),
      gateway_->get(fmt::format("/Encounter/{}/$everything?_type=Observation", id), token_).body);
  EXPECT_EQ(call("nothing", token_, response), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(call("everything", "", response), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(call("meta-delete", token_, response), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace kap::functional

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>

#include "kap/fhir/v1/fhir.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;
namespace v1 = fhir::v1;

class GrpcWriting : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    token_ = gateway_->token();
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  template <class Request>
  grpc::Status call(grpc::Status (v1::Fhir::Stub::*method)(grpc::ClientContext*, const Request&,
                                                           v1::WriteResponse*),
                    const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.AddMetadata("authorization", "Bearer " + token_);
    response_.Clear();
    const auto stub = v1::Fhir::NewStub(open_channel(gateway_->endpoint()));
    const auto status = (stub.get()->*method)(&context, request, &response_);
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto outcome = trailing.find("fhir-operation-outcome-bin");
    outcome_ = outcome == trailing.end()
                   ? ""
                   : std::string(outcome->second.data(), outcome->second.size());
    return status;
  }
  grpc::Status create(const std::string& json, const std::string& identifier = {}) {
    v1::CreateRequest request;
    request.set_type("Patient");
    request.set_json(json);
    if (!identifier.empty()) {
      auto& criterion = *request.add_if_none_exist();
      criterion.set_name("identifier");
      criterion.set_value(identifier);
    }
    return call(&v1::Fhir::Stub::Create, request);
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::string token_;
  v1::WriteResponse response_;
  std::string outcome_;
};
std::unique_ptr<Gateway> GrpcWriting::gateway_;
std::string GrpcWriting::token_;

TEST_F(GrpcWriting, AResourceIsMadeChangedAndDeleted) {
  ASSERT_TRUE(create(R"({"resourceType":"Patient","active":true})").ok()) << outcome_;
  EXPECT_EQ(response_.result(), v1::WRITE_RESULT_CREATED);
  EXPECT_EQ(response_.resource().version_id(), 1U);
  const auto id = response_.resource().id();
  EXPECT_EQ(gateway_->get("/Patient/" + id, token_).body, response_.resource().json());

  v1::UpdateRequest update;
  update.set_type("Patient");
  update.set_id(id);
  update.set_if_match(1);
  update.set_json(R"({"resourceType":"Patient","id":")" + id + R"(","active":false})");
  update.set_prefer(v1::RETURN_PREFERENCE_OPERATION_OUTCOME);
  ASSERT_TRUE(call(&v1::Fhir::Stub::Update, update).ok()) << outcome_;
  EXPECT_EQ(response_.resource().version_id(), 2U);
  EXPECT_TRUE(response_.resource().json().empty());
  EXPECT_THAT(response_.outcome(), HasSubstr("OperationOutcome"));
  EXPECT_EQ(call(&v1::Fhir::Stub::Update, update).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(outcome_, HasSubstr(R"("code":"conflict")"));

  v1::PatchRequest patch;
  patch.set_type("Patient");
  patch.set_id(id);
  patch.set_patch(R"([{"op":"add","path":"/gender","value":"other"}])");
  ASSERT_TRUE(call(&v1::Fhir::Stub::Patch, patch).ok()) << outcome_;
  EXPECT_THAT(response_.resource().json(), HasSubstr(R"("gender":"other")"));

  v1::DeleteRequest removal;
  removal.set_type("Patient");
  removal.set_id(id);
  ASSERT_TRUE(call(&v1::Fhir::Stub::Delete, removal).ok()) << outcome_;
  EXPECT_EQ(response_.result(), v1::WRITE_RESULT_DELETED);
  EXPECT_EQ(gateway_->get("/Patient/" + id, token_).status, 410);
  ASSERT_TRUE(call(&v1::Fhir::Stub::Delete, removal).ok());
  EXPECT_EQ(response_.result(), v1::WRITE_RESULT_ABSENT);
  EXPECT_FALSE(response_.has_resource());
}

TEST_F(GrpcWriting, AConditionalCreateFindsItsMatch) {
  const auto* json =
      R"({"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"g"}]})";
  ASSERT_TRUE(create(json, "urn:mrn|g").ok()) << outcome_;
  const auto id = response_.resource().id();
  ASSERT_TRUE(create(json, "urn:mrn|g").ok()) << outcome_;
  EXPECT_EQ(response_.result(), v1::WRITE_RESULT_FOUND);
  EXPECT_EQ(response_.resource().id(), id);
}

TEST_F(GrpcWriting, RefusalsSayWhatIsWrong) {
  EXPECT_EQ(create("{").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(create(R"({"resourceType":"Patient","gender":"m"})").error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(outcome_, HasSubstr("Patient.gender"));
  v1::UpdateRequest update;
  update.set_type("Patient");
  update.set_id("never");
  update.set_json(R"({"resourceType":"Patient","id":"never"})");
  EXPECT_EQ(call(&v1::Fhir::Stub::Update, update).error_code(), grpc::StatusCode::NOT_FOUND);
  auto& criterion = *update.add_criteria();
  criterion.set_name("identifier");
  criterion.set_value("a");
  EXPECT_EQ(call(&v1::Fhir::Stub::Update, update).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace kap::functional

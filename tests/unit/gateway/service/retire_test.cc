#include "gateway/service/retire.h"

#include <gmock/gmock.h>

#include "fhir/definitions/types.h"
#include "fhir/json/parse.h"

namespace kap::gateway::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

store::StoredResource stored(std::string type, std::string body) {
  store::StoredResource resource;
  resource.type = std::move(type);
  resource.body = std::move(body);
  return resource;
}

TEST(Retire, LeavesTheRestAsItWasAndFindsTheMetaOffset) {
  const auto body =
      retire(
          stored("Observation", R"({"resourceType":"Observation","id":"a","meta":{"versionId":"3",)"
                                R"("lastUpdated":"2026-01-01T00:00:00Z","source":"urn:x"},)"
                                R"("status":"final","valueQuantity":{"value":1.00}})"),
          "duplicate")
          .value()
          .value();
  EXPECT_EQ(body.json.substr(body.meta_offset - 8, 8), "\"meta\":{");
  EXPECT_THAT(body.json, Not(HasSubstr("versionId")));
  EXPECT_THAT(body.json, HasSubstr("1.00"));
  EXPECT_THAT(body.json, HasSubstr(R"("status":"entered-in-error")"));
  EXPECT_THAT(body.json, HasSubstr(R"("code":"duplicate")"));
}

TEST(Retire, AConditionLosesItsClinicalStatus) {
  const auto body =
      retire(stored("Condition", R"({"resourceType":"Condition","meta":{"source":"urn:x"},)"
                                 R"("clinicalStatus":{"text":"active"},"code":{"text":"x"}})"),
             "")
          .value()
          .value();
  EXPECT_THAT(body.json, Not(HasSubstr("clinicalStatus")));
  EXPECT_THAT(body.json, HasSubstr("entered-in-error"));
}

TEST(Retire, IsDoneOnce) {
  const auto once =
      retire(stored("Patient", R"({"resourceType":"Patient","meta":{"source":"u"}})"), "duplicate")
          .value()
          .value();
  EXPECT_FALSE(retire(stored("Patient", once.json), "duplicate").value().has_value());
}

TEST(Retire, EveryMethodFitsItsType) {
  // The status a table row promises must be an element of the type.
  for (const auto* type : fhir::definitions::resource_types()) {
    const auto has = [type](std::string_view element) {
      return fhir::definitions::find_element(*type, element) != nullptr;
    };
    switch (retirement_of(type->name)) {
      case Retirement::kStatus:
      case Retirement::kInactiveStatus:
        EXPECT_TRUE(has("status")) << type->name;
        break;
      case Retirement::kLifecycleStatus:
        EXPECT_TRUE(has("lifecycleStatus")) << type->name;
        break;
      case Retirement::kVerificationStatus:
        EXPECT_TRUE(has("verificationStatus")) << type->name;
        break;
      case Retirement::kInactive:
        EXPECT_TRUE(has("active")) << type->name;
        break;
      case Retirement::kKept:
      case Retirement::kDeleted:
        break;
    }
  }
}

}  // namespace
}  // namespace kap::gateway::service

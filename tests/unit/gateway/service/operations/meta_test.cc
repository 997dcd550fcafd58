#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "fhir/json/parse.h"
#include "gateway/service/create.h"
#include "gateway/service/incoming_resource.h"
#include "gateway/service/operation.h"
#include "gateway/service/operations/operations.h"
#include "gateway/service/read.h"
#include "gateway/service/write_context.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {
namespace {

class MetaOperations : public ClinicTest {
 protected:
  MetaOperations() {
    id_ = create_patient(
        R"("meta":{"tag":[{"system":"http://example.org/t","code":"a","display":"A"}]},)"
        R"("active":true)");
  }

  ResourceId create_patient(std::string_view members) {
    auto content =
        parse_incoming(R"({"resourceType":"Patient",)" + std::string(members) + '}', "Patient");
    const auto made = create(permit_, writer_, {.type = "Patient", .content = *std::move(content)});
    EXPECT_TRUE(made.has_value()) << made.error().summary();
    return made->resource.id;
  }

  Result<std::string> call(const OperationDef& operation, std::string_view body = {},
                           const ResourceId* id = nullptr, std::string_view type = "Patient",
                           const security::Permit* permit = nullptr,
                           std::optional<std::uint64_t> version = {}) {
    const OperationContext context{.reader = *reader_, .writer = &writer_};
    KAP_TRY(auto answer,
            run_operation(permit == nullptr ? permit_ : *permit, context, operation,
                          {.type = type, .id = id, .version = version, .input = {.body = body}}));
    return answer.json;
  }

  static std::string given(std::string_view meta) {
    return R"({"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{)" +
           std::string(meta) + "}}]}";
  }

  std::uint64_t version() { return read(permit_, *reader_, "Patient", id_)->version; }

  RandomIds ids_;
  Writer writer_{.reader = *reader_, .ids = ids_};
  security::Permit permit_ = make_permit("system/*.cruds", {"east"});
  ResourceId id_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(MetaOperations, TellsTheMetaOfAResource) {
  const auto meta = call(kMeta, {}, &id_);
  ASSERT_TRUE(meta.has_value());
  EXPECT_TRUE(has(*meta, R"("name":"return","valueMeta":{"versionId":"1")")) << *meta;
  EXPECT_TRUE(has(*meta, R"("code":"a")"));
  const ResourceId nothing("nothing");
  EXPECT_EQ(call(kMeta, {}, &nothing).error().category(), Category::kNotFound);
}

TEST_F(MetaOperations, TellsWhatIsInUseAmongWhatIsSeen) {
  create_patient(R"("meta":{"profile":["http://example.org/p"],"tag":[)"
                 R"({"system":"http://example.org/t","code":"a"}]},"active":false)");
  for (const std::string_view type : {"Patient", ""}) {
    const auto meta = call(kMeta, {}, nullptr, type);
    ASSERT_TRUE(meta.has_value());
    EXPECT_TRUE(has(*meta, R"("profile":["http://example.org/p"])")) << *meta;
    EXPECT_EQ(meta->find(R"("code":"a")"), meta->rfind(R"("code":"a")"));
    EXPECT_FALSE(has(*meta, "versionId"));
  }
  const auto west = make_permit("system/*.rs", {"west"});
  EXPECT_FALSE(has(*call(kMeta, {}, nullptr, "Patient", &west), "http://example.org"));
  const auto other = make_permit("system/Observation.rs", {"east"});
  EXPECT_FALSE(has(*call(kMeta, {}, nullptr, "", &other), "http://example.org"));
  EXPECT_EQ(call(kMeta, {}, nullptr, "Patient", &other).error().category(), Category::kForbidden);
  const auto reads = make_permit("system/*.r", {"east"});
  EXPECT_EQ(call(kMeta, {}, nullptr, "Patient", &reads).error().category(), Category::kForbidden);
  EXPECT_EQ(call(kMeta, {}, nullptr, "", &reads).error().category(), Category::kForbidden);
}

TEST_F(MetaOperations, AddsWhatIsNotThere) {
  const auto added =
      call(kMetaAdd,
           given(R"("profile":["http://example.org/p"],"tag":[{"system":"http://example.org/t",)"
                 R"("code":"a","version":"2"},{"system":"http://example.org/t","code":"b"}])"),
           &id_);
  ASSERT_TRUE(added.has_value()) << added.error().summary();
  EXPECT_TRUE(has(*added, R"("versionId":"2")")) << *added;
  EXPECT_TRUE(has(*added, R"("display":"A"},{"system":"http://example.org/t","code":"b"}])"));
  EXPECT_TRUE(has(*added, R"("profile":["http://example.org/p"])"));
  EXPECT_TRUE(has(read(permit_, *reader_, "Patient", id_)->json, R"("active":true)"));
}

TEST_F(MetaOperations, TellsTheMetaOfAnOlderVersion) {
  ASSERT_TRUE(call(kMetaAdd, given(R"("tag":[{"system":"http://example.org/t","code":"b"}])"), &id_)
                  .has_value());
  const auto first = call(kMeta, {}, &id_, "Patient", nullptr, 1);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(has(*first, R"("versionId":"1")"));
  EXPECT_FALSE(has(*first, R"("code":"b")"));
  EXPECT_EQ(call(kMeta, {}, &id_, "Patient", nullptr, 9).error().category(), Category::kNotFound);
}

TEST_F(MetaOperations, MakesNoVersionWhereNothingChanges) {
  const auto same = given(R"("tag":[{"system":"http://example.org/t","code":"a"}])");
  ASSERT_TRUE(call(kMetaAdd, same, &id_).has_value());
  ASSERT_TRUE(
      call(kMetaDelete, given(R"("tag":[{"system":"http://example.org/t","code":"z"}])"), &id_)
          .has_value());
  EXPECT_EQ(version(), 1U);
}

TEST_F(MetaOperations, TakesOffWhatIsThere) {
  ASSERT_TRUE(
      call(kMetaAdd,
           given(R"("security":[{"system":)"
                 R"("http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}])"),
           &id_)
          .has_value());
  const auto left =
      call(kMetaDelete,
           given(R"("tag":[{"system":"http://example.org/t","code":"a"}],"security":[{"system":)"
                 R"("http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}])"),
           &id_);
  ASSERT_TRUE(left.has_value()) << left.error().summary();
  EXPECT_FALSE(has(*left, "tag"));
  EXPECT_FALSE(has(*left, "security")) << *left;
  EXPECT_EQ(version(), 3U);
}

TEST_F(MetaOperations, ChangesWhatTheCallerMayChangeAlone) {
  const auto tag = given(R"("tag":[{"system":"http://example.org/t","code":"b"}])");
  const auto reads = make_permit("system/*.rs", {"east"});
  EXPECT_EQ(call(kMetaAdd, tag, &id_, "Patient", &reads).error().category(), Category::kForbidden);
  const auto west = make_permit("system/*.cruds", {"west"});
  EXPECT_EQ(call(kMetaAdd, tag, &id_, "Patient", &west).error().category(), Category::kNotFound);
  submit({patient("p1")});
  const ResourceId mapped("p1");
  EXPECT_EQ(call(kMetaAdd, tag, &mapped).error().category(), Category::kConflict);
  EXPECT_EQ(call(kMetaAdd, {}, &id_).error().category(), Category::kInvalidRequest);
}

}  // namespace
}  // namespace kap::gateway::service

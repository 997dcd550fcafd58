#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fhir/search/elements_parser.h"
#include "fhir/search/subset.h"

namespace kap::fhir::search {
namespace {

constexpr std::string_view kTag =
    R"({"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"})";

constexpr std::string_view kObservation =
    R"({"resourceType":"Observation","id":"o","meta":{"versionId":"1"},"text":{"status":"generated","div":"<div/>"},)"
    R"("extension":[{"url":"http://example.org/x","valueBoolean":true}],)"
    R"("status":"final","code":{"text":"c"},"issued":"2024-01-01T00:00:00Z","note":[{"text":"n"}],)"
    R"("valueQuantity":{"value":1.50},"component":[{"code":{"text":"d"},"valueInteger":1,"referenceRange":[{"text":"r"}]}]})";

std::string with_tag(std::string_view rest) {
  return R"({"resourceType":"Observation","id":"o","meta":{"versionId":"1","tag":[)" +
         std::string(kTag) + "]}" + std::string(rest) + "}";
}

std::string subset(const SubsetOptions& options) {
  const auto out = to_subset(kObservation, options);
  return out ? *out : out.error().summary();
}

TEST(Subset, SummaryTrueHasWhatTheDefinitionsMark) {
  EXPECT_EQ(
      subset({.summary = Summary::kTrue}),
      with_tag(
          R"(,"status":"final","code":{"text":"c"},"issued":"2024-01-01T00:00:00Z",)"
          R"("valueQuantity":{"value":1.50},"component":[{"code":{"text":"d"},"valueInteger":1}])"));
}

TEST(Subset, SummaryTextAndData) {
  EXPECT_EQ(
      subset({.summary = Summary::kText}),
      with_tag(
          R"(,"text":{"status":"generated","div":"<div/>"},"status":"final","code":{"text":"c"})"));
  const std::string data = subset({.summary = Summary::kData});
  EXPECT_EQ(data.find("\"div\""), std::string::npos);
  EXPECT_NE(data.find("\"note\""), std::string::npos);
  EXPECT_NE(data.find("SUBSETTED"), std::string::npos);
}

TEST(Subset, CountAndFalseChooseNothing) {
  EXPECT_EQ(subset({.summary = Summary::kFalse}), kObservation);
  EXPECT_EQ(subset({.summary = Summary::kCount}), kObservation);
}

TEST(Subset, ElementsKeepWhatIsMandatory) {
  const std::vector<std::string> note{"note"};
  EXPECT_EQ(subset({.elements = note}),
            with_tag(R"(,"status":"final","code":{"text":"c"},"note":[{"text":"n"}])"));
  const std::vector<std::string> choice{"value"};
  EXPECT_EQ(subset({.elements = choice}),
            with_tag(R"(,"status":"final","code":{"text":"c"},"valueQuantity":{"value":1.50})"));
  const std::vector<std::string> typed{"Observation.valueQuantity", "Patient.name"};
  EXPECT_EQ(subset({.elements = typed}), subset({.elements = choice}));
  const std::vector<std::string> other{"Patient.name"};
  EXPECT_EQ(subset({.elements = other}), kObservation);
}

TEST(Subset, AResourceWithoutMetaGetsOne) {
  const std::vector<std::string> id{"id"};
  const auto out =
      to_subset(R"({"resourceType":"Patient","id":"p","name":[{"text":"x"}]})", {.elements = id});
  EXPECT_EQ(*out,
            R"({"resourceType":"Patient","id":"p","meta":{"tag":[)" + std::string(kTag) + "]}}");
}

TEST(Subset, IsTaggedOnce) {
  const std::vector<std::string> id{"id"};
  const auto once = to_subset(R"({"resourceType":"Patient","id":"p"})", {.elements = id});
  EXPECT_EQ(*to_subset(*once, {.elements = id}), *once);
}

TEST(ParseElements, NamesElementsOfTheTypes) {
  const std::vector<std::string_view> types{"Observation", "Patient"};
  EXPECT_EQ(parse_elements(types, "status,name,valueQuantity,Patient.birthDate")->size(), 4U);
  for (const char* wrong : {"", "status,", "nam", "code.coding", "Patient.code.text", "Patien.name",
                            "Patient.status", "Patient."})
    EXPECT_FALSE(parse_elements(types, wrong).has_value()) << wrong;
  const auto refused = parse_elements(types, "statuss");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("status"), std::string::npos);
}

}  // namespace
}  // namespace kap::fhir::search

#include "fhir/validate/position.h"

#include <gtest/gtest.h>

#include <string>

#include "fhir/json/parse.h"
#include "fhir/validate/structure.h"

namespace kap::fhir::validate {
namespace {

/// `line:column` of the one finding.
std::string position(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) return document.error().summary();
  const auto issues = validate_structure(document->root, {.source = text});
  if (issues.size() != 1 || !issues[0].position) return "not one finding with a position";
  return std::to_string(issues[0].position->line) + ":" +
         std::to_string(issues[0].position->column);
}

TEST(Position, IsThatOfTheMember) {
  EXPECT_EQ(position("{\"resourceType\": \"Patient\",\n  \"gender\": \"x\"}"), "2:3");
  EXPECT_EQ(position("{\"resourceType\": \"Patient\",\n\n \"colour\": {\"a\": [1, {}]}}"), "3:2");
  EXPECT_EQ(position("{\n \"resourceType\": \"Patient\", \"_gender\": {}}"), "2:29");
}

TEST(Position, IsThatOfTheItemOfAList) {
  EXPECT_EQ(position(R"({
  "resourceType": "Patient",
  "name": [ { "text": "a, ] } \" [" },
            { "given": [ "b",
                         7 ] } ]
})"),
            "5:26");
}

TEST(Position, OfWhatIsMissingIsThatOfItsParent) {
  EXPECT_EQ(
      position("{\"resourceType\": \"Patient\",\n\"communication\": [\n  {\"preferred\": true}]}"),
      "3:3");
  EXPECT_EQ(position("{\"resourceType\":\"Observation\",\"status\":\"final\"}"), "1:1");
}

TEST(Position, OfAChoiceIsThatOfItsMember) {
  EXPECT_EQ(
      position("{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\n"
               "\"valueQuantity\": {\"unit\": \"mg\",\n\"value\": \"1\"}}"),
      "3:1");
}

TEST(Position, OfASiblingIsThatOfTheSibling) {
  EXPECT_EQ(
      position("{\"resourceType\":\"Patient\",\n\"gender\":\"male\",\n\"_gender\":{\"x\":1}}"),
      "2:1");  // the path is that of the element
}

TEST(Position, ReadsNothingBeyondATextThatIsNoJson) {
  const Place root{.parent = nullptr, .name = "Patient", .of_type = {}};
  const Place name{.parent = &root, .name = "name", .of_type = {}, .index = 2};
  for (const char* text :
       {"", "{", "{\"", "{\"name", "{\"name\"", "{\"name\":", "{\"name\":[", "{\"name\":[{\"",
        "{\"name\":[1,", "{\"name\":[1,2,\"\\", "}", "[", "\\"}) {
    EXPECT_EQ(find_position(text, name, "given").line, 1U) << text;
  }
}

}  // namespace
}  // namespace kap::fhir::validate

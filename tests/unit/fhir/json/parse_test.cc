#include "fhir/json/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "fhir/json/print.h"

namespace kap::fhir::json {
namespace {

std::string round_trip(std::string_view text) {
  const Result<Document> document = parse(text);
  return document ? to_text(document->root) : "refused: " + document.error().summary();
}

TEST(Parse, LosesNothing) {
  for (const std::string_view text : {
           R"({"value":1.00,"_value":{"id":"x"},"b":[1e2,-0.0,0.50,100000000000000000000]})",
           R"([null,true,false,"",[],{}])",
           R"({"z":1,"a":2,"m":[{"z":1,"a":2}]})",
           R"("\u0001\"\\\n é 😀")",
           "123456789012345678901234567890.123456789",
       }) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(round_trip(R"("\u00e9\ud83d\ude00\/")"), "\"é😀/\"");
}

struct Refusal {
  std::string name;
  std::string text;
  std::uint32_t line;
  std::string says;
};

class Refuses : public testing::TestWithParam<Refusal> {};

TEST_P(Refuses, WithPlaceAndReason) {
  const Result<Document> document = parse(GetParam().text);
  ASSERT_FALSE(document.has_value());
  const Issue& issue = document.error().issues().front();
  ASSERT_TRUE(issue.position.has_value());
  EXPECT_EQ(issue.position->line, GetParam().line);
  EXPECT_NE(issue.diagnostics.find(GetParam().says), std::string::npos) << issue.diagnostics;
}

INSTANTIATE_TEST_SUITE_P(
    Json, Refuses,
    testing::Values(Refusal{"empty", "", 1, "empty"}, Refusal{"blank", " \n ", 2, "empty"},
                    Refusal{"duplicate", "{\"a\":1,\n\"a\":2}", 2, "\"a\" appears twice"},
                    Refusal{"duplicate_escaped", R"({"a":1,"\u0061":2})", 1, "appears twice"},
                    Refusal{"huge_exponent", "[\n1e400]", 2, "IEEE 754"},
                    Refusal{"huge_negative", "-1e999999999", 1, "IEEE 754"},
                    Refusal{"lone_high", R"("\ud800")", 1, "surrogate"},
                    Refusal{"lone_low", R"("\udc00")", 1, "surrogate"},
                    Refusal{"deep", std::string(100000, '['), 1, "deeper than 64"},
                    Refusal{"deep_objects",
                            [] {
                              std::string text;
                              for (int i = 0; i < 100000; ++i) text += "{\"a\":";
                              return text;
                            }(),
                            1, "deeper than 64"},
                    Refusal{"trailing", "{}\n{}", 2, "after the end"},
                    Refusal{"trailing_comma", "[1,]", 1, "not JSON"},
                    Refusal{"comment", "/**/1", 1, "not JSON"},
                    Refusal{"nan", "NaN", 1, "not JSON"}, Refusal{"leading_zero", "01", 1, ""},
                    Refusal{"bare_minus", "-", 1, "not JSON"},
                    Refusal{"control", "\"\x01\"", 1, "not JSON"},
                    Refusal{"bad_utf8", "{\"a\":\n\"\xC3\x28\"}", 2, "UTF-8"},
                    Refusal{"cut_utf8", "\"\xE2\x82", 1, "UTF-8"},
                    Refusal{"encoded_surrogate", "\"\xED\xA0\x80\"", 1, "UTF-8"},
                    Refusal{"long_number", std::string(65, '1'), 1, "65 characters"},
                    Refusal{"cut", "{\"a\":[1,2", 1, "not JSON"}),
    [](const auto& info) { return info.param.name; });

TEST(Parse, NamesTheMember) {
  const auto document = parse(R"({"contact":[{"name":{"family":"x","family":"y"}}]})");
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().issues().front().expression, "contact.name.family");
}

TEST(Parse, ManyMembersStayQuick) {
  std::string text = "{";
  for (int i = 0; i < 200000; ++i) text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  EXPECT_TRUE(parse(text + "}").has_value());
  EXPECT_FALSE(parse(text + ",\"k77\":1}").has_value());
}

TEST(Parse, KeepsToTheByteLimit) {
  EXPECT_EQ(parse("[1,2,3]", {.bytes = 4}).error().category(), Category::kTooLarge);
}

TEST(Parse, TinyNumbersUnderflowQuietly) { EXPECT_EQ(round_trip("1e-400"), "1e-400"); }

}  // namespace
}  // namespace kap::fhir::json

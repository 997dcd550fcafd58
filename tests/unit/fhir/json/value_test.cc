#include "fhir/json/value.h"

#include <gtest/gtest.h>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"

namespace kap::fhir::json {
namespace {

TEST(Document, GrowsAndEdits) {
  Document document;
  Value list = Document::array();
  for (int i = 0; i < 20; ++i) document.append(list, document.number(std::int64_t{i}));
  document.erase(list, 0);
  document.insert(list, 3, document.string("three"));
  document.erase(list, 18);
  Value object = Document::object();
  document.add(object, "list", list);
  document.set(object, "b", Value{true});
  document.set(object, "b", Value{false});
  EXPECT_EQ(to_text(object),
            R"({"list":[1,2,3,"three",4,5,6,7,8,9,10,11,12,13,14,15,16,17,19],"b":false})");
  document.erase(object, "list");
  EXPECT_EQ(to_text(object), R"({"b":false})");
}

TEST(Document, ErasingToAPowerOfTwoAndAppendingStaysSound) {
  Document document;
  Value list = Document::array();
  for (int i = 0; i < 6; ++i) document.append(list, document.number(std::int64_t{i}));
  document.erase(list, 5);
  document.erase(list, 4);
  for (int i = 6; i < 30; ++i) document.append(list, document.number(std::int64_t{i}));
  EXPECT_EQ(list.items().size(), 28U);
  EXPECT_EQ(list.items()[4].text(), "6");
}

TEST(Value, EqualityMindsNumbersButNotOrder) {
  const auto left = parse(R"({"a":1.0,"b":[1,2]})");
  EXPECT_TRUE(equal(left->root, parse(R"({"b":[1,2],"a":1.0})")->root));
  EXPECT_FALSE(equal(left->root, parse(R"({"b":[1,2],"a":1.00})")->root));
  EXPECT_FALSE(equal(left->root, parse(R"({"b":[2,1],"a":1.0})")->root));
}

TEST(Print, PrettyIsReadable) {
  EXPECT_EQ(to_text(parse(R"({"a":[1,{}],"b":[]})")->root, Layout::kPretty),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

}  // namespace
}  // namespace kap::fhir::json

#include "fhir/validate/primitive_format.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "fhir/validate/narrative.h"

namespace kap::fhir::validate {
namespace {

using definitions::Primitive;
using Texts = std::vector<std::string_view>;

void expect(Primitive type, const Texts& valid, const Texts& invalid) {
  for (const std::string_view text : valid) {
    EXPECT_TRUE(is_primitive(type, text)) << describe(type) << ": " << text;
  }
  for (const std::string_view text : invalid) {
    EXPECT_FALSE(is_primitive(type, text)) << describe(type) << ": " << text;
  }
}

TEST(PrimitiveFormat, Dates) {
  expect(Primitive::kDate,
         {"0001", "2020", "2020-12", "2020-02-29", "2000-02-29", "9999-12-31", "2021-04-30"},
         {"",           "0000",       "20",         "20200",       "2020-",       "2020-13",
          "2020-00",    "2020-1",     "2020-02-30", "2021-02-29",  "1900-02-29",  "2021-04-31",
          "2020-12-00", "2020-12-32", "2020-12-1",  "2020-12-01T", "2020-12-01Z", " 2020",
          "2020 ",      "-2020",      "2020/12/01"});
  expect(Primitive::kDateTime,
         {"2020", "2020-12", "2020-12-01", "2020-12-01T00:00:00Z", "2020-12-01T23:59:60Z",
          "2020-12-01T10:00:00.1+14:00", "2020-12-01T10:00:00.123456789-00:00",
          "2020-12-01T10:00:00+13:59"},
         {"", "2020-12-01T", "2020-12-01T10", "2020-12-01T10:00Z", "2020-12-01T10:00:00",
          "2020-12-01T24:00:00Z", "2020-12-01T10:60:00Z", "2020-12-01T10:00:61Z",
          "2020-12-01T10:00:00.Z", "2020-12-01T10:00:00+14:01", "2020-12-01T10:00:00+15:00",
          "2020-12-01T10:00:00+1:00", "2020-12-01T10:00:00z", "2020-12-01t10:00:00Z",
          "2020-12-01 10:00:00Z", "2020-02-30T10:00:00Z", "2020-12T10:00:00Z"});
  expect(Primitive::kInstant, {"2020-12-01T10:00:00Z", "2020-12-01T10:00:00.000+01:00"},
         {"2020", "2020-12-01", "2020-12-01T10:00:00"});
  expect(Primitive::kTime, {"00:00:00", "23:59:60", "10:00:00.5"},
         {"", "24:00:00", "10:00", "1:00:00", "10:00:00Z", "10:00:00.", "10:00:00+01:00"});
}

TEST(PrimitiveFormat, Numbers) {
  expect(Primitive::kInteger, {"0", "-0", "1", "-1", "2147483647", "-2147483648"},
         {"", "-", "+1", "01", "1.0", "1e2", "2147483648", "-2147483649", "99999999999999999999"});
  expect(Primitive::kUnsignedInt, {"0", "2147483647"}, {"-1", "00", "2147483648"});
  expect(Primitive::kPositiveInt, {"1", "2147483647"}, {"0", "-1", "2147483648"});
  expect(Primitive::kDecimal, {"0", "-0.0", "1.00", "1e400", "1E-7", "123456789012345678.9"},
         {"", "-", ".5", "1.", "01", "1e", "1e+", "NaN", "+1", "1,0"});
  expect(Primitive::kBoolean, {"true", "false"}, {"", "True", "0"});
}

TEST(PrimitiveFormat, Texts) {
  using namespace std::string_view_literals;
  expect(Primitive::kString, {"a", " a ", "a\n\tb", "ä€😀"},
         {"", " ", "\t\n", "a\0b"sv, "a\x1b", "a\v"});
  expect(Primitive::kMarkdown, {"# a\n\nb"}, {"", "\n"});
  expect(Primitive::kCode, {"a", "a b", "a b c", "é"}, {"", " a", "a ", "a  b", "a\vb", " "});
  expect(
      Primitive::kId,
      {"a", "A-1.b",
       std::string_view("0123456789012345678901234567890123456789012345678901234567890123")},
      {"", "a_b", "a b", "é", "01234567890123456789012345678901234567890123456789012345678901234"});
  expect(Primitive::kUri, {"a", "urn:x", "http://x.org/é"}, {"", "a b", "a\n", " a", "a\0"sv});
  expect(Primitive::kOid, {"urn:oid:1.2.3", "urn:oid:2.0", "urn:oid:0.10"},
         {"", "1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.", "urn:oid:1..2", "urn:oid:1.02",
          "urn:oid:1.a", "URN:OID:1.2"});
  expect(
      Primitive::kUuid, {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
      {"", "c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873d-ec9a-4326-a141-556f4323952",
       "urn:uuid:c757873dxec9a-4326-a141-556f43239520",
       "urn:uuid:g757873d-ec9a-4326-a141-556f43239520"});
  expect(Primitive::kBase64Binary, {"QUJD", "QUI=", "QQ==", "QUJD\nQUJD", " QUJD "},
         {"", "Q", "QU", "QUJ", "Q===", "====", "QUI=QUJD", "QU-_", " "});
}

TEST(PrimitiveFormat, ScriptHidesInNoLink) {
  const auto with = [](std::string_view href) {
    return find_narrative_fault("<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"" +
                                std::string(href) + "\">a</a></div>")
        .has_value();
  };
  for (const char* href : {"javascript:a()", "JAVASCRIPT:a()", " java\nscript:a()", "vbscript:a",
                           "&#106;avascript:a()", "java&Tab;script:a()"}) {
    EXPECT_TRUE(with(href)) << href;
  }
  for (const char* href : {"https://x.org/a?b=1&amp;c=2", "#javascript", "a/javascript:", "x:y"}) {
    EXPECT_FALSE(with(href)) << href;
  }
}

TEST(PrimitiveFormat, NarrativesNestWithinBounds) {
  std::string open;
  std::string close;
  for (int i = 0; i < 100'000; ++i) {
    open += "<div xmlns=\"http://www.w3.org/1999/xhtml\">";
    close += "</div>";
  }
  EXPECT_TRUE(find_narrative_fault(open + "a" + close).has_value());
}

}  // namespace
}  // namespace kap::fhir::validate

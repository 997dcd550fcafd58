#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "fhir/json/parse.h"
#include "fhir/validate/structure.h"
#include "fhir/validate/validator.h"

namespace kap::fhir::validate {
namespace {

constexpr std::string_view kSeed = R"({"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Observation",
  "id":"o","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure"]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p a='b'>c &amp; d</p></div>"},
  "contained":[{"resourceType":"Patient","id":"p","name":[{"given":[null,"x"],"_given":[{"id":"1"},null]}]}],
  "extension":[{"url":"http://x.org","valueDecimal":1.00},{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"text","valueString":"t"}]}],"status":"final","_status":{"id":"s"},
  "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"#p"},
  "effectiveDateTime":"2020-02-29T10:00:00.5+01:00","valueQuantity":{"value":-1.5e3,"unit":"mg"},
  "component":[{"code":{"text":"x"},"valueInteger":7}]}}]})";

/// Whatever stands in a text that still parses: no crash, every finding has a place in the text.
/// Meant for the sanitizer builds.
TEST(Mutations, NeverBreakTheValidator) {
  constexpr std::string_view kAlphabet = "{}[]\":,_#/ax0-.e<>&nulltrue \\";
  std::mt19937 random(20261124);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  const Validator validator;
  int parsed = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text(kSeed);
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = kAlphabet[below(kAlphabet.size())];
          break;
        case 1:
          text.erase(at, 1 + below(6));
          break;
        case 2:
          text.insert(at, 1, kAlphabet[below(kAlphabet.size())]);
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(24)));
          break;
      }
    }
    const auto document = json::parse(text);
    if (!document) continue;
    ++parsed;
    for (const Finding& finding : validator.validate(*document, {.source = text}).findings) {
      ASSERT_FALSE(finding.issue.diagnostics.empty());
      ASSERT_FALSE(finding.issue.expression.empty());
      ASSERT_TRUE(finding.issue.position.has_value());
    }
    for (const Issue& issue : validate_structure(document->root, {.source = text})) {
      ASSERT_FALSE(issue.diagnostics.empty());
      ASSERT_FALSE(issue.expression.empty());
      ASSERT_TRUE(issue.position.has_value());
    }
  }
  EXPECT_GT(parsed, 1'000);
}

}  // namespace
}  // namespace kap::fhir::validate

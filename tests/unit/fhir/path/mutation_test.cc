#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/json/parse.h"
#include "fhir/path/expression.h"
#include "fhir/path/json_model.h"

/// Expressions broken at random: whatever comes of one, it is a value or an error with a place.
namespace kap::fhir::path {
namespace {

constexpr std::array<std::string_view, 24> kSeeds{
    "name.where(use = 'official' and family.startsWith('A')).given.first()",
    "Patient.birthDate + 3 'mo' > @2024-02-29T10:00:00.5+02:00",
    "(1 | 2.50 | 'x').select($this.toString() & $index).join(',')",
    "telecom.select(iif(system = 'phone', $index, {}))",
    "descendants().where($this is FHIR.string).count() div 3 mod 2",
    "1.587.lowBoundary(6) ~ 1.5865 and -(4 days).abs() <= 1 week",
    "'a,b'.split(',').replaceMatches('[a-z]+', '$0x').matchesFull('.*')",
    "%resource.contained.ofType(Organization).name.upper().toChars().sort(-$this)",
    "name.aggregate($total + 1, 0) = name.count()",
    "@T10:30.highBoundary(9) != @T23:59:59.999 or @2014.precision() = 4",
    "4.0 'g' / 2.0 'm' = 2 'g/m' implies 5 'mg/(kg.h)' < 1 '10*3/uL'",
    "'dGVzdA=='.decode('base64').encode('hex').unescape('html')",
    "birthDate.extension(%`ext-patient-birthTime`).value.as(dateTime)",
    "repeat(children()).type().name.distinct().skip(2).take(3).tail()",
    "iif(a.b[0].exists(), a.b[1].c, `d`.e is System.Quantity)",
    "2.power(0.5).round(3) + 16.log(2).truncate() - 81.sqrt().ln().exp()",
    "'\\u0041\\n'.indexOf('A') in (0 | 1) xor {} contains 3",
    "name.trace('t', given).subsetOf(name).not()",
    "(@2024-01-31 + 1 month).toString().substring(2, 3).length()",
    "now() > today() or timeOfDay() = @T10:00",
    "name.all(family.exists() implies given.hasValue())",
    "'1 \\'wk\\''.toQuantity().convertsToString() // comment",
    "/* c */ name.given.combine(name.family).exclude('Ida').isDistinct()",
    "conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')",
};

constexpr std::string_view kPatient = R"({"resourceType":"Patient","id":"p",
  "birthDate":"1980-05-06","name":[{"family":"Adler","given":["Ida","Éva"]}],
  "telecom":[{"system":"phone","value":"1"}],
  "contained":[{"resourceType":"Organization","id":"o","name":"House"}]})";

std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kPieces =
      "().[]{}'`\"@%$,+-*/&|=!~<>0123456789.TZ:\\ azAZ_\x80\xFF\n";
  const auto place = [&] { return static_cast<std::ptrdiff_t>(random() % (text.size() + 1)); };
  const int rounds = 1 + static_cast<int>(random() % 3);
  for (int i = 0; i < rounds && !text.empty(); ++i) {
    const std::ptrdiff_t at = place();
    switch (random() % 4) {
      case 0:
        text.erase(static_cast<std::size_t>(at), random() % 6);
        break;
      case 1:
        text.insert(text.begin() + at, kPieces[random() % kPieces.size()]);
        break;
      case 2:
        if (at < std::ssize(text))
          text[static_cast<std::size_t>(at)] = kPieces[random() % kPieces.size()];
        break;
      default: {
        const std::string_view other = kSeeds[random() % kSeeds.size()];
        const std::size_t from = random() % other.size();
        text.insert(static_cast<std::size_t>(at), other.substr(from, random() % 20));
        break;
      }
    }
  }
  return text;
}

TEST(Mutations, AreValuesOrErrorsWithAPlace) {
  std::mt19937 random(20240229);
  const auto document = json::parse(kPatient);
  const ManualClock clock(Instant(std::chrono::milliseconds(1'700'000'000'123)));
  const Element patient = json_element(document->root);
  int compiled = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = mutated(std::string(kSeeds[random() % kSeeds.size()]), random);
    const auto expression =
        Expression::compile(text, {.model = &json_model(), .context_type = "Patient"});
    if (!expression.has_value()) {
      ASSERT_TRUE(expression.error().issues().at(0).position.has_value()) << text;
      continue;
    }
    ++compiled;
    const auto found = expression->evaluate(patient, Context{.clock = &clock, .steps = 5'000});
    if (found.has_value())
      for (const Item& item : *found) static_cast<void>(to_text(item));
    else
      ASSERT_FALSE(found.error().issues().at(0).diagnostics.empty()) << text;
  }
  EXPECT_GT(compiled, 1'000);
}

}  // namespace
}  // namespace kap::fhir::path

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "fhir/path/decimal.h"
#include "fhir/path/moment.h"
#include "fhir/path/quantity.h"

namespace kap::fhir::path {
namespace {

Decimal decimal(std::string_view text) {
  const auto parsed = Decimal::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Decimal{});
}

TEST(Decimal, KeepsItsTextAndComparesByValue) {
  EXPECT_EQ(decimal("1.00").text(), "1.00");
  EXPECT_EQ(decimal("-0.050").text(), "-0.050");
  EXPECT_EQ(decimal("1.5e3").text(), "1500");
  EXPECT_EQ(decimal("15E-2").text(), "0.15");
  EXPECT_EQ(decimal("1.00"), decimal("1"));
  EXPECT_LT(decimal("-2"), decimal("-1.999"));
  EXPECT_LT(decimal("0.0000000000000000000000000001"), decimal("99999999999999999999999999999999"));
}

TEST(Decimal, RefusesWhatItCannotHold) {
  for (const char* bad : {"", "-", ".", "1.", ".5", "1e", "1e400", "1e-400", "0x1", "1..2", "1 ",
                          "123456789012345678901234567890123456789",
                          "999999999999999999999999999999999999999", "9e38"})
    EXPECT_FALSE(Decimal::parse(bad).has_value()) << bad;
}

TEST(Decimal, ArithmeticIsExact) {
  EXPECT_EQ(add(decimal("0.1"), decimal("0.2"))->text(), "0.3");
  EXPECT_EQ(multiply(decimal("1.10"), decimal("1.10"))->text(), "1.2100");
  EXPECT_EQ(divide(decimal("1"), decimal("3"))->text(), "0.3333333333333333");
  EXPECT_EQ(divide(decimal("-2"), decimal("3"))->text(), "-0.6666666666666667");
  EXPECT_EQ(divide(decimal("6"), decimal("-0.003"))->text(), "-2000");
  EXPECT_FALSE(divide(decimal("1"), decimal("0.00")).has_value());
  const Decimal most = decimal("99999999999999999999999999999999999999");
  EXPECT_FALSE(add(most, Decimal{1}).has_value());
  EXPECT_FALSE(multiply(most, most).has_value());
}

TEST(Decimal, RoundsByRule) {
  using enum Decimal::Rounding;
  EXPECT_EQ(decimal("2.5").rescaled(0, kHalfAwayFromZero)->text(), "3");
  EXPECT_EQ(decimal("-2.5").rescaled(0, kHalfAwayFromZero)->text(), "-3");
  EXPECT_EQ(decimal("-2.1").rescaled(0, kDown)->text(), "-3");
  EXPECT_EQ(decimal("-2.9").rescaled(0, kUp)->text(), "-2");
  EXPECT_EQ(decimal("2.999").rescaled(1, kTruncate)->text(), "2.9");
  EXPECT_FALSE(decimal("1").rescaled(29, kTruncate).has_value());
}

TEST(Moment, ReadsOnlyDatesThatExist) {
  for (const char* good : {"2024", "2024-02", "2024-02-29", "2024-02-29T23:59:59.999+14:00",
                           "2024-02-29T10:00Z", "2024-02-29T10:00:00.123456789Z"})
    EXPECT_EQ(Moment::parse_date_time(good)->text(), good);
  for (const char* bad :
       {"", "24", "2023-02-29", "2024-13", "2024-00", "2024-1-1", "2024-01-01T", "2024T10:00",
        "2024-01-01T24:00", "2024-01-01T10:60", "2024-01-01T10:00+15:00", "2024-01-01T10:00:00.",
        "0000", "2024-01-01T10:00z", "2024-01-01 10:00", "-2024"}) {
    const auto parsed = Moment::parse_date_time(bad);
    EXPECT_TRUE(!parsed.has_value() || std::string_view(bad) == "2024-01-01T") << bad;
  }
  EXPECT_FALSE(Moment::parse_date("2024-01-01T10:00").has_value());
  EXPECT_FALSE(Moment::parse_time("10:00Z").has_value());
}

TEST(Moment, SpansItsPrecision) {
  const auto year = *Moment::parse_date("1970");
  EXPECT_EQ(year.first_millisecond(), 0);
  EXPECT_EQ(year.end_millisecond(), 365LL * 86'400'000);
  const auto december = *Moment::parse_date("1969-12");
  EXPECT_EQ(december.end_millisecond(), 0);
  const auto minute = *Moment::parse_date_time("1970-01-01T01:00+01:00");
  EXPECT_EQ(minute.first_millisecond(), 0);
  EXPECT_EQ(minute.end_millisecond(), 60'000);
}

std::string sum(std::string_view text, std::int64_t amount, CalendarUnit unit) {
  const auto out = add(*Moment::parse_date_time(text), amount, unit);
  return out ? out->text() : "none";
}

TEST(Moment, CalendarArithmetic) {
  EXPECT_EQ(sum("2024-01-31", 1, CalendarUnit::kMonth), "2024-02-29");
  EXPECT_EQ(sum("2024-02-29", -1, CalendarUnit::kYear), "2023-02-28");
  EXPECT_EQ(sum("2023-12-31", 1, CalendarUnit::kDay), "2024-01-01");
  EXPECT_EQ(sum("2023-12-31T23:59:59.999Z", 1, CalendarUnit::kMillisecond),
            "2024-01-01T00:00:00.000Z");
  EXPECT_EQ(sum("2024", 24, CalendarUnit::kMonth), "2026");
  EXPECT_EQ(sum("2024", 11, CalendarUnit::kMonth), "2024");
  EXPECT_EQ(sum("2024-01-01", 25, CalendarUnit::kHour), "2024-01-02");
  EXPECT_EQ(sum("9999-12-31", 1, CalendarUnit::kDay), "none");
  EXPECT_EQ(sum("0001-01-01", -1, CalendarUnit::kMonth), "none");
  EXPECT_EQ(sum("2024-01-01", INT64_MAX, CalendarUnit::kWeek), "none");
  EXPECT_EQ(sum("2024-01-01", INT64_MIN, CalendarUnit::kMonth), "none");
  EXPECT_EQ(add(*Moment::parse_time("23:30"), 1, CalendarUnit::kHour)->text(), "00:30");
}

std::optional<int> compared(std::string_view left, std::string_view right) {
  return compare(*Moment::parse_date_time(left), *Moment::parse_date_time(right));
}

TEST(Moment, ComparesOnlyWhatPrecisionTells) {
  EXPECT_EQ(compared("2024", "2025-01"), -1);
  EXPECT_EQ(compared("2024", "2024-01"), std::nullopt);
  EXPECT_EQ(compared("2024-01-01T10:00:00Z", "2024-01-01T11:00:00+01:00"), 0);
  EXPECT_EQ(compared("2024-01-01T10:00:00", "2024-01-01T11:00:00+01:00"), std::nullopt);
  EXPECT_EQ(compared("2024-01-01T10:00:00", "2024-01-04T11:00:00+01:00"), -1);
  EXPECT_EQ(compared("2024-01-01T10:00:00", "2024-01-01T10:00:00.0"), 0);
}

bool reads(std::string_view unit) { return parse_ucum(unit).has_value(); }

TEST(Ucum, ReadsWhatClinicsWrite) {
  for (const char* good :
       {"mg", "ug/kg/min", "mg/(kg.h)", "mm[Hg]", "10*3/uL", "{score}", "/min", "mmol/L", "kg/m2",
        "mL/min/{1.73_m2}", "%", "1", "[lb_av]", "mg{base}", "m.s-2", "g.m-1"})
    EXPECT_TRUE(reads(good)) << good;
  for (const char* bad : {"", "mgg", "mg/", "(mg", "mg)", "{open", "[iU]", "Cel", "mg..kg", "m0"})
    EXPECT_FALSE(reads(bad)) << bad;
  EXPECT_FALSE(reads(std::string(60, '(') + "m"));
}

std::string canonical(std::string_view value, std::string_view unit) {
  const auto out = to_canonical(decimal(value), unit);
  return out ? out->value.text() + " " + out->unit : "none";
}

TEST(Ucum, ReducesToBaseUnits) {
  EXPECT_EQ(canonical("0.5", "mg/kg"), "0.0000005 1");
  EXPECT_EQ(canonical("120", "mm[Hg]"), canonical("12", "cm[Hg]"));
  EXPECT_EQ(canonical("1", "[in_i]"), "0.0254 m");
  EXPECT_EQ(canonical("1", "mL"), "0.000001 m3");
  EXPECT_EQ(canonical("36", "km/h"), "10 m.s-1");
  EXPECT_EQ(canonical("1", "[iU]"), "none");
}

TEST(Quantity, ComparesAcrossUnits) {
  const Quantity gram = to_quantity(decimal("1"), "g");
  EXPECT_EQ(compare(gram, to_quantity(decimal("1000"), "mg")), std::strong_ordering::equal);
  EXPECT_EQ(compare(gram, to_quantity(decimal("1"), "kg")), std::strong_ordering::less);
  EXPECT_FALSE(compare(gram, to_quantity(decimal("1"), "m")).has_value());
  EXPECT_FALSE(compare(gram, to_quantity(decimal("1"), "[iU]")).has_value());
  EXPECT_EQ(compare(to_quantity(decimal("1"), "[iU]"), to_quantity(decimal("2"), "[iU]")),
            std::strong_ordering::less);
  EXPECT_FALSE(
      compare(to_quantity(decimal("1"), "month"), to_quantity(decimal("1"), "mo")).has_value());
  EXPECT_EQ(to_text(*parse_quantity("2 days")), "2 days");
  EXPECT_FALSE(parse_quantity("1 mg").has_value());
  EXPECT_FALSE(parse_quantity("1day").has_value());
}

}  // namespace
}  // namespace kap::fhir::path

#include "fhir/base/result.h"

#include <gtest/gtest.h>

#include "fhir/base/clock.h"

namespace kap {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Category::kInvalidRequest, IssueType::kValue, "odd", "value");
  return value / 2;
}

Result<int> quarter(int value) {
  KAP_TRY(const int once, half(value));
  return half(once);
}

TEST(Result, TryHandsErrorsOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  ASSERT_FALSE(quarter(6).has_value());
  EXPECT_EQ(quarter(6).error().summary(), "value: odd");
  EXPECT_EQ(quarter(5).error().category(), Category::kInvalidRequest);
}

TEST(IssueType, CodesFollowTheValueSet) {
  EXPECT_EQ(to_code(IssueType::kInvalid), "invalid");
  EXPECT_EQ(to_code(IssueType::kMultipleMatches), "multiple-matches");
  EXPECT_EQ(to_code(IssueType::kInformational), "informational");
  EXPECT_EQ(to_code(IssueSeverity::kWarning), "warning");
}

TEST(Clock, FormatsInstantsAndHttpDates) {
  using namespace std::chrono;
  const Instant instant = sys_days{2026y / November / 24} + 8h + 16min + 15s + 7ms;
  EXPECT_EQ(to_fhir_instant(instant), "2026-11-24T08:16:15.007Z");
  EXPECT_EQ(to_http_date(instant), "Tue, 24 Nov 2026 08:16:15 GMT");
  ManualClock clock(instant);
  clock.advance(1000ms);
  EXPECT_EQ(to_fhir_instant(clock.now()), "2026-11-24T08:16:16.007Z");
}

}  // namespace
}  // namespace kap

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"

namespace kap::gateway::observe {
namespace {

TEST(Log, WritesOneJsonObjectALine) {
  std::vector<std::string> lines;
  Log log(Level::kInfo, [&](std::string_view line) { lines.emplace_back(line); });
  log.write(Line(Level::kDebug, "hidden"));
  log.write(Line(Level::kWarning, "http.request")
                .field("status", 404U)
                .field("kept", true)
                .field("seconds", 0.5)
                .field("reason", "a \"quote\",\\ a\nline {} %v"));
  ASSERT_EQ(lines.size(), 1U);
  const auto document = fhir::json::parse(lines[0]);
  ASSERT_TRUE(document) << document.error().summary();
  EXPECT_EQ(document->root.string("event"), "http.request");
  EXPECT_EQ(document->root.string("level"), "warning");
  EXPECT_EQ(document->root.find("status")->text(), "404");
  EXPECT_EQ(document->root.string("reason"), "a \"quote\",\\ a\nline {} %v");
}

TEST(Metrics, ExposesWhatWasCounted) {
  Metrics metrics;
  auto& requests = metrics.counter("kap_requests_total", "Requests.", {{"status", "200"}});
  metrics.counter("kap_requests_total", "Requests.", {{"status", "404"}}).Increment();
  requests.Increment(2);
  metrics.histogram("kap_seconds", "Time.", Metrics::default_buckets()).Observe(0.003);
  const std::string text = metrics.expose();
  EXPECT_THAT(text, ::testing::HasSubstr("kap_requests_total{status=\"200\"} 2"));
  EXPECT_THAT(text, ::testing::HasSubstr("kap_requests_total{status=\"404\"} 1"));
  EXPECT_THAT(text, ::testing::HasSubstr("kap_seconds_bucket{le=\"0.005\"} 1"));
}

}  // namespace
}  // namespace kap::gateway::observe

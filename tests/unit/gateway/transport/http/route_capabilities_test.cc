#include "gateway/transport/http/route_capabilities.h"

#include <gmock/gmock.h>

namespace kap::gateway::transport::http {
namespace {

using ::testing::ElementsAre;

Route row(Method method, std::string_view pattern, std::string_view capability) {
  return {.method = method,
          .pattern = pattern,
          .access = Public{},
          .handler = PublicHandler([](const Call&) { return Response{}; }),
          .capability = capability};
}

TEST(RouteCapabilities, LiteralRowsHideThoseOfAnyType) {
  const RouteTable table{
      row(Method::kGet, "/fhir/{type}/{id}", "read"),
      row(Method::kPost, "/fhir/{type}", "create"),
      row(Method::kPut, "/fhir/{type}", ""),
      row(Method::kGet, "/fhir/{type}", "search-type"),
      row(Method::kPost, "/fhir", "batch"),
      row(Method::kGet, "/fhir/SearchParameter", "search-type"),
      row(Method::kGet, "/fhir/metadata", ""),
      row(Method::kGet, "/fhir/Patient/{id}/{type}", ""),
      row(Method::kPost, "/fhir/Patient/{id}/$everything", ""),
  };
  const std::string_view types[] = {"Patient", "SearchParameter"};
  const auto found = type_capabilities(table, types);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0].interactions, ElementsAre("read", "create", "search-type"));
  EXPECT_TRUE(found[0].conditional_create);
  EXPECT_TRUE(found[0].conditional_update);
  EXPECT_FALSE(found[0].conditional_delete);
  EXPECT_THAT(found[1].interactions, ElementsAre("read", "search-type"));
  EXPECT_FALSE(found[1].conditional_create);
  EXPECT_THAT(system_capabilities(table), ElementsAre("batch"));
  EXPECT_THAT(compartments(table), ElementsAre("Patient"));
}

}  // namespace
}  // namespace kap::gateway::transport::http

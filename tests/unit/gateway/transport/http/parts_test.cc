#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "gateway/transport/http/conditional.h"
#include "gateway/transport/http/error_response.h"
#include "gateway/transport/http/head.h"
#include "gateway/transport/http/negotiation.h"
#include "gateway/transport/http/route.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

TEST(HeadScanner, FindsTheEndHoweverTheBytesCome) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string wire = head + "BODY";
  for (std::size_t step = 1; step <= head.size(); ++step) {
    HeadScanner scanner(1024);
    std::optional<std::size_t> end;
    for (std::size_t size = step; !end; size += step) {
      const auto found = scanner.scan(std::string_view(wire).substr(0, size));
      ASSERT_TRUE(found) << step;
      end = *found;
    }
    EXPECT_EQ(end, head.size());
  }
}

TEST(HeadScanner, RefusesALineFeedAlone) {
  EXPECT_FALSE(HeadScanner(1024).scan("GET / HTTP/1.1\nHost: a\n\n"));
  EXPECT_FALSE(HeadScanner(1024).scan("GET / HTTP/1.1\r\nHost: a\r\n b"));
  EXPECT_FALSE(HeadScanner(1024).scan("GET / HTTP/1.1\r\rHost"));
}

TEST(ChunkedBody, DecodesHoweverTheBytesCome) {
  const std::string wire = "4\r\nWiki\r\n6;x=\"y\"\r\npedia \r\n0\r\nTrailer: x\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    ChunkedBody chunks(1024);
    std::string body;
    std::string pending;
    for (std::size_t at = 0; at < wire.size(); at += step) {
      pending += wire.substr(at, step);
      if (chunks.is_done()) continue;
      const auto taken = chunks.feed(pending, body);
      ASSERT_TRUE(taken) << taken.error().why;
      pending.erase(0, *taken);
    }
    EXPECT_TRUE(chunks.is_done()) << step;
    EXPECT_EQ(body, "Wikipedia ");
    EXPECT_EQ(pending, "NEXT");
  }
}

TEST(ChunkedBody, RefusesBadFramingAndTooMuch) {
  for (const char* wire : {"x\r\nabc\r\n0\r\n\r\n", "-1\r\na\r\n0\r\n\r\n",
                           "3\r\nabcd\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\n", "3\nabc\n0\n\n"}) {
    ChunkedBody chunks(1024);
    std::string body;
    EXPECT_FALSE(chunks.feed(wire, body)) << wire;
  }
  ChunkedBody chunks(4);
  std::string body;
  const auto taken = chunks.feed("5\r\nabcde\r\n0\r\n\r\n", body);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().status, 413U);
}

TEST(Target, DecodesSegmentsAndPairs) {
  const auto target = parse_target("/fhir/Patient/a%2Fb?name=J%C3%BCrg+X&_id&x=1=2&&y=%2B");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"fhir", "Patient", "a/b"}));
  EXPECT_EQ(target->query, (std::vector<QueryPair>{
                               {"name", "J\xc3\xbcrg X"}, {"_id", ""}, {"x", "1=2"}, {"y", "+"}}));
  EXPECT_EQ(parse_target("https://h:1/fhir/metadata/")->segments.size(), 2U);
  EXPECT_EQ(parse_target("https://h")->segments.size(), 0U);
  EXPECT_EQ(parse_target("http://h?a=b")->query.size(), 1U);
}

TEST(Target, RefusesWhatIsNoPath) {
  for (const char* bad :
       {"*",        "h:443",   "/a%",  "/a%2",      "/a%zz",      "/a%00", "/a?b=%0a",
        "/a?b=%0D", "/a/../b", "/./a", "/%2e%2e/a", "//a",        "/a//b", "/a//",
        "/a?b=%ff", "/%c0%af", "/a#b", "ftp://h/a", "https:///a", "/a?%=1"})
    EXPECT_FALSE(parse_target(bad)) << bad;
}

TEST(Routes, LiteralsWinAndMethodsAreListed) {
  const PublicHandler nothing = [](const Call&) { return Response{}; };
  const auto row = [&](Method method, std::string_view pattern) {
    return Route{.method = method, .pattern = pattern, .access = Public{}, .handler = nothing};
  };
  const RouteTable table = {row(Method::kGet, "/fhir/metadata"), row(Method::kGet, "/fhir/{type}"),
                            row(Method::kPost, "/fhir/{type}"),
                            row(Method::kGet, "/fhir/{type}/{id}"),
                            row(Method::kPost, "/fhir/{type}/_search")};
  EXPECT_EQ(match_route(table, Method::kGet, {"fhir", "metadata"}).route, &table[0]);
  EXPECT_EQ(match_route(table, Method::kHead, {"fhir", "Patient"}).route, &table[1]);
  EXPECT_EQ(match_route(table, Method::kPost, {"fhir", "Patient"}).resource_type, "Patient");
  EXPECT_EQ(match_route(table, Method::kGet, {"fhir", "patient"}).route, nullptr);
  EXPECT_EQ(match_route(table, Method::kGet, {"fhir", "Patient", "1", "2"}).route, nullptr);
  const Match search = match_route(table, Method::kGet, {"fhir", "Patient", "_search"});
  EXPECT_EQ(search.route, nullptr);
  EXPECT_EQ(search.allowed, std::vector{Method::kPost});
  EXPECT_EQ(match_route(table, Method::kDelete, {"fhir", "Patient"}).allowed.size(), 3U);
}

std::string negotiated(const std::string& accept, const std::string& format = "") {
  Request request;
  if (!accept.empty()) request.headers.add("Accept", accept);
  if (!format.empty()) request.query.push_back({"_format", format});
  const auto result = negotiate(request);
  return result ? media_type(result->content_type)
                : std::to_string(to_status(result.error().category()));
}

TEST(Negotiation, AnswersJsonOr406) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"", "", "application/fhir+json"},
      {"*/*", "", "application/fhir+json"},
      {"application/*;q=0.1", "", "application/fhir+json"},
      {"application/fhir+json", "", "application/fhir+json"},
      {"APPLICATION/FHIR+JSON; charset=utf-8", "", "application/fhir+json"},
      {"application/json+fhir", "", "application/fhir+json"},
      {"application/json", "", "application/json"},
      {"application/fhir+xml", "", "406"},
      {"text/html", "", "406"},
      {"application/fhir+xml, application/fhir+json;q=0.5", "", "application/fhir+json"},
      {"application/fhir+json;q=0", "", "406"},
      {"application/json;q=0.9, application/fhir+json;q=0.8", "", "application/json"},
      {"text/html, application/xhtml+xml, */*;q=0.8", "", "application/fhir+json"},
      {"application/fhir+json; fhirVersion=4.0", "", "application/fhir+json"},
      {"application/fhir+json; fhirVersion=\"4.0\"", "", "application/fhir+json"},
      {"application/fhir+json; fhirVersion=3.0", "", "406"},
      {",;q=,", "", "406"},
      {"application/fhir+xml", "json", "application/fhir+json"},
      {"", "application/fhir+json", "application/fhir+json"},
      {"", "application/fhir json", "application/fhir+json"},
      {"", "application/json", "application/json"},
      {"application/fhir+json", "xml", "406"},
      {"", "ttl", "406"},
      {"", "nonsense", "406"}};
  for (const auto& [accept, format, expected] : cases)
    EXPECT_EQ(negotiated(accept, format), expected) << accept << " _format=" << format;
}

TEST(Conditional, ReadsTagsAndDates) {
  const Instant updated =
      *parse_http_date("Tue, 24 Nov 2026 08:16:15 GMT") + std::chrono::milliseconds(400);
  EXPECT_EQ(to_http_date(updated), "Tue, 24 Nov 2026 08:16:15 GMT");
  const auto not_modified = [&](const char* name, const char* value, const char* since = nullptr) {
    Headers headers;
    headers.add(name, value);
    if (since != nullptr) headers.add("If-Modified-Since", since);
    return is_not_modified(headers, 3, updated);
  };
  for (const char* same : {"W/\"3\"", "\"3\"", "*", "W/\"1\", W/\"3\"", " \"3\" "})
    EXPECT_TRUE(not_modified("If-None-Match", same)) << same;
  for (const char* other : {"W/\"2\"", "3", "", "W/3", "\"33\""})
    EXPECT_FALSE(not_modified("If-None-Match", other)) << other;
  EXPECT_TRUE(not_modified("If-Modified-Since", "Tue, 24 Nov 2026 08:16:15 GMT"));
  EXPECT_FALSE(not_modified("If-Modified-Since", "Tue, 24 Nov 2026 08:16:14 GMT"));
  EXPECT_FALSE(not_modified("If-None-Match", "\"1\"", "Tue, 24 Nov 2026 08:16:15 GMT"));
  for (const char* bad : {"yesterday", "Tue, 31 Feb 2026 08:16:15 GMT", "2026-11-24T08:16:15Z", ""})
    EXPECT_FALSE(not_modified("If-Modified-Since", bad)) << bad;
}

TEST(ErrorResponse, EveryCategoryHasItsStatus) {
  EXPECT_EQ(to_status(Category::kGone), 410U);
  EXPECT_EQ(to_status(Category::kUnavailable), 503U);
  const Response busy =
      to_response(Outcome(Category::kUnavailable, IssueType::kTransient, "later"));
  EXPECT_THAT(busy.headers,
              ::testing::Contains(std::pair<std::string, std::string>("Retry-After", "1")));
  EXPECT_THAT(busy.body.to_string(), ::testing::HasSubstr("\"OperationOutcome\""));
}

TEST(BodyPieces, SharedMemoryLivesAsLongAsTheBody) {
  const auto owner = std::make_shared<std::string>("stored");
  Body body;
  body.append_constant("<");
  body.append_shared(owner, *owner);
  body.append(std::string(">"));
  const Body moved = std::move(body);
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_EQ(moved.size(), 8U);
  EXPECT_EQ(moved.to_string(), "<stored>");
}

}  // namespace
}  // namespace kap::gateway::transport::http

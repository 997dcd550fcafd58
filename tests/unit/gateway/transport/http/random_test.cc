#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "gateway/transport/http/head.h"
#include "gateway/transport/http/negotiation.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

constexpr int kRounds = 20'000;
constexpr std::string_view kPieces[] = {"\r\n",
                                        "\n",
                                        "\r",
                                        "\r\n\r\n",
                                        " ",
                                        "\t",
                                        ":",
                                        ",",
                                        ";",
                                        "%",
                                        "%0a",
                                        "%c3",
                                        "\x80",
                                        "\xff",
                                        "Host: a\r\n",
                                        "Content-Length: 5\r\n",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Expect: x\r\n",
                                        "HTTP/1.1",
                                        "0\r\n\r\n",
                                        "5\r\nabcde\r\n",
                                        "FFFFFFFF",
                                        "?",
                                        "&",
                                        "=",
                                        "/",
                                        "..",
                                        "\"",
                                        "q=0"};

/// A text with a few pieces put in, taken out or doubled.
std::string mutate(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (std::size_t i = below(4) + 1; i > 0; --i) {
    const std::size_t at = below(text.size() + 1);
    switch (below(4)) {
      case 0:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 1:
        text.erase(at, below(6));
        break;
      case 2:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      default:
        text += text.substr(at, below(20));
    }
  }
  return text;
}

TEST(AtRandom, WhatIsTakenForAHeadHasOneMeaning) {
  std::mt19937 random(1);
  const std::string good =
      "POST /fhir/Patient/_search?a=b HTTP/1.1\r\nHost: gw\r\nContent-Length: 5\r\n\r\n";
  int taken = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string bytes = mutate(good, random);
    HeadScanner scanner(4096);
    const auto end = scanner.scan(bytes);
    if (!end || !*end) continue;
    const std::string head = bytes.substr(0, **end);
    ASSERT_TRUE(head.ends_with("\r\n\r\n"));
    ASSERT_EQ(head.find("\r\n\r\n"), head.size() - 4);
    const auto parsed = parse_head(head);
    if (!parsed) {
      EXPECT_GE(parsed.error().status, 400U);
      continue;
    }
    ++taken;
    EXPECT_LE(parsed->headers.count("Host"), 1U);  // HTTP/1.0 may go without
    EXPECT_LE(parsed->headers.count("Content-Length") + parsed->headers.count("Transfer-Encoding"),
              1U);
    EXPECT_EQ(parsed->is_chunked, parsed->headers.count("Transfer-Encoding") == 1);
    for (const auto& [name, value] : parsed->headers.fields())
      EXPECT_EQ((name + value).find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
  }
  EXPECT_GT(taken, 100);
}

TEST(AtRandom, TargetsDecodeToCleanText) {
  std::mt19937 random(2);
  for (int i = 0; i < kRounds; ++i) {
    const auto target = parse_target(mutate("/fhir/Patient/a%2Fb?name=J%C3%BCrg+X&_id=1", random));
    if (!target) continue;
    for (const std::string& segment : target->segments) {
      EXPECT_FALSE(segment.empty() || segment == "." || segment == "..");
      for (const char c : segment) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    }
  }
}

TEST(AtRandom, ChunkedBodiesStayWithinTheirLimit) {
  std::mt19937 random(3);
  for (int i = 0; i < kRounds; ++i) {
    ChunkedBody chunks(64);
    std::string body;
    const auto taken =
        chunks.feed(mutate("4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nA: b\r\n\r\n", random), body);
    if (!taken) continue;
    EXPECT_LE(body.size(), 64U);
  }
}

TEST(AtRandom, AcceptHeadersAreAnswered) {
  std::mt19937 random(4);
  for (int i = 0; i < kRounds; ++i) {
    Request request;
    request.headers.add("Accept", mutate("application/fhir+json;q=0.5, */*;q=0.1", random));
    const auto representation = negotiate(request);
    if (representation) EXPECT_NE(representation->content_type.find("json"), std::string::npos);
  }
}

}  // namespace
}  // namespace kap::gateway::transport::http

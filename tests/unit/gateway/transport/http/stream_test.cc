#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <thread>

#include "gateway/transport/http/content_coding.h"
#include "gateway/transport/http/gzip.h"
#include "gateway/transport/http/head.h"
#include "tests/unit/gateway/transport/http/test_gateway.h"

namespace kap::gateway::transport::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string head_of(const std::string& response) {
  return response.substr(0, response.find("\r\n\r\n") + 2);
}

std::string body_of(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

/// The decoded body, or the word `cut` when its last chunk never came.
std::string dechunked(const std::string& response) {
  ChunkedBody chunks(std::size_t{1} << 30U);
  std::string out;
  const auto taken = chunks.feed(body_of(response), out);
  return taken && chunks.is_done() ? out : "cut";
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(64U << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string letters(int pieces, std::size_t size) {
  std::string out;
  for (int i = 0; i < pieces; ++i) out += std::string(size, static_cast<char>('a' + i % 26));
  return out;
}

void wait_until_none(std::atomic<int>& alive) {
  for (int now = alive; now != 0; now = alive) alive.wait(now);
}

class StreamTest : public ::testing::Test {
 protected:
  static config::HttpSettings settings() {
    auto out = TestGateway::quick_settings();
    out.write_timeout = std::chrono::milliseconds(300);
    out.drain_timeout = std::chrono::milliseconds(300);
    return out;
  }
  std::string closing(const std::string& path, const std::string& headers = "") {
    RawClient client(gateway_.port);
    client.send(gateway_.request("GET " + path, "Connection: close\r\n" + headers + "\r\n"));
    return client.read_all();
  }

  TestGateway gateway_{settings()};
};

TEST_F(StreamTest, PiecesAreChunksAndTheConnectionLivesOn) {
  RawClient client(gateway_.port);
  client.send(gateway_.request("GET /stream/3/20000/whole"));
  client.send(gateway_.request("GET /fhir/Basic/1", "Connection: close\r\n\r\n"));
  const std::string all = client.read_all();
  EXPECT_THAT(head_of(all),
              AllOf(HasSubstr("Transfer-Encoding: chunked"), Not(HasSubstr("Content-Length"))));
  EXPECT_EQ(dechunked(all), letters(3, 20'000));
  EXPECT_TRUE(all.ends_with("\"number\":1.00}"));
  EXPECT_EQ(gateway_.sources.pulled, 4);
}

TEST_F(StreamTest, AnEmptySourceIsAnEmptyBody) {
  EXPECT_EQ(body_of(closing("/stream/0/1/whole")), "0\r\n\r\n");
}

TEST_F(StreamTest, OldClientsReadUntilTheEnd) {
  RawClient client(gateway_.port);
  client.send("GET /stream/3/5/whole HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Bearer " +
              gateway_.token() + "\r\n\r\n");
  const std::string all = client.read_all();
  EXPECT_THAT(head_of(all),
              AllOf(HasSubstr("Connection: close"), Not(HasSubstr("Transfer-Encoding"))));
  EXPECT_EQ(body_of(all), "aaaaabbbbbccccc");
}

TEST_F(StreamTest, HeadPullsNothing) {
  RawClient client(gateway_.port);
  client.send(gateway_.request("HEAD /stream/3/5/whole"));
  EXPECT_THAT(client.read_response(true), HasSubstr("Transfer-Encoding: chunked"));
  client.send(gateway_.request("GET /fhir/Basic/1"));
  EXPECT_THAT(client.read_response(), HasSubstr("1.00}"));
  EXPECT_EQ(gateway_.sources.pulled, 0);
}

TEST_F(StreamTest, ABrokenSourceCutsTheConnection) {
  for (const char* end : {"error", "throw"}) {
    const std::string all = closing(std::string("/stream/2/5/") + end);
    EXPECT_THAT(all, AllOf(HasSubstr(" 200 OK"), HasSubstr("bbbbb"), Not(HasSubstr("secret"))));
    EXPECT_EQ(dechunked(all), "cut") << end;
  }
}

TEST_F(StreamTest, AReaderThatStopsStopsTheSource) {
  RawClient client(gateway_.port);
  client.send(gateway_.request("GET /stream/1000000/262144/whole"));
  while (gateway_.sources.pulled == 0) std::this_thread::yield();
  wait_until_none(gateway_.sources.alive);  // the write time-out ended it
  EXPECT_LT(gateway_.sources.pulled, 200);
}

TEST_F(StreamTest, AClientThatLeavesEndsTheSource) {
  {
    RawClient client(gateway_.port);
    client.send(gateway_.request("GET /stream/1000000/100000/whole"));
    while (gateway_.sources.pulled == 0) std::this_thread::yield();
  }
  wait_until_none(gateway_.sources.alive);
  EXPECT_LT(gateway_.sources.pulled, 1000);
}

TEST_F(StreamTest, DrainEndsWhatTakesTooLong) {
  RawClient client(gateway_.port);
  client.send(gateway_.request("GET /stream/1000000000/1/whole"));
  while (gateway_.sources.pulled == 0) std::this_thread::yield();
  std::thread reading([&] { EXPECT_EQ(dechunked(client.read_all()), "cut"); });
  gateway_.server.stop();
  reading.join();
  EXPECT_EQ(gateway_.sources.alive, 0);
}

TEST_F(StreamTest, StreamsAreCompressedForWhoAsks) {
  const std::string all = closing("/stream/40/100000/whole", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(head_of(all),
              AllOf(HasSubstr("Content-Encoding: gzip\r\n"), HasSubstr("Vary: Accept-Encoding"),
                    HasSubstr("Transfer-Encoding: chunked")));
  EXPECT_EQ(gunzip(dechunked(all)), letters(40, 100'000));
  EXPECT_LT(all.size(), 100'000U);
  const std::string plain = closing("/stream/1/10/whole");
  EXPECT_THAT(head_of(plain),
              AllOf(HasSubstr("Vary: Accept-Encoding"), Not(HasSubstr("Content-Encoding"))));
  EXPECT_EQ(dechunked(closing("/stream/2/5/error", "Accept-Encoding: gzip\r\n")), "cut");
}

TEST_F(StreamTest, LargeBodiesAreCompressedForWhoAsks) {
  const auto get = [&](const std::string& path, const std::string& accepted) {
    return closing(path, "Accept-Encoding: " + accepted + "\r\n");
  };
  const std::string plain = closing("/fhir/Basic/big");
  EXPECT_THAT(head_of(plain), HasSubstr("Vary: Accept-Encoding"));
  const std::string coded = get("/fhir/Basic/big", "deflate, gzip;q=0.8, br");
  EXPECT_THAT(head_of(coded), AllOf(HasSubstr("Content-Encoding: gzip"), HasSubstr("ETag: W/")));
  EXPECT_LT(coded.size(), 10'000U);
  EXPECT_EQ(gunzip(body_of(coded)), body_of(plain));
  EXPECT_THAT(get("/fhir/Basic/1", "gzip"), Not(HasSubstr("Content-Encoding")));
  const std::string demanded = get("/fhir/Basic/1", "gzip, identity;q=0");
  EXPECT_THAT(head_of(demanded), HasSubstr("Content-Encoding: gzip"));
  EXPECT_THAT(gunzip(body_of(demanded)), HasSubstr("1.00}"));
  EXPECT_THAT(get("/fhir/Basic/1", "br, identity;q=0"),
              AllOf(HasSubstr("HTTP/1.1 406"), HasSubstr("Accept-Encoding")));
  EXPECT_THAT(get("/fhir/Basic/big", "*;q=0"), HasSubstr("HTTP/1.1 406"));
}

TEST(Gzipping, CanBeOff) {
  auto settings = TestGateway::quick_settings();
  settings.gzip_level = 0;
  TestGateway gateway(settings);
  RawClient client(gateway.port);
  client.send(gateway.request("GET /fhir/Basic/big", "Accept-Encoding: gzip\r\n\r\n"));
  EXPECT_THAT(head_of(client.read_response()),
              AllOf(Not(HasSubstr("Content-Encoding")), Not(HasSubstr("Vary"))));
  client.send(gateway.request("GET /fhir/Basic/1", "Accept-Encoding: gzip, *;q=0\r\n\r\n"));
  EXPECT_THAT(client.read_response(), HasSubstr("HTTP/1.1 406"));
}

std::optional<Coding> coding_of(std::string_view accepted) {
  Headers headers;
  headers.add("Accept-Encoding", accepted);
  return negotiate_coding(headers, Gzipping::kOn);
}

TEST(Negotiation, FollowsTheQualityValues) {
  EXPECT_EQ(negotiate_coding(Headers(), Gzipping::kOn), Coding::kIdentity);
  for (const char* gzip : {"gzip", "GZIP", "x-gzip", "*", "br, gzip", "gzip;q=0.001", "gzip ; q=1",
                           "gzip;q=0.5, identity;q=0.5", "*;q=0.2, identity;q=0.1", "gzip;x=1"})
    EXPECT_EQ(coding_of(gzip), Coding::kGzip) << gzip;
  for (const char* identity : {"", "identity", "br", "gzip;q=0", "gzip;q=0.0", "*, gzip;q=0",
                               "gzip;q=0.5, identity", "gzip;q=0.4, identity;q=0.5", ",,,", ";q=1"})
    EXPECT_EQ(coding_of(identity), Coding::kIdentity) << identity;
  for (const char* demanded : {"gzip, identity;q=0", "gzip, *;q=0", "*, identity;q=0"})
    EXPECT_EQ(coding_of(demanded), Coding::kGzipDemanded) << demanded;
  for (const char* none : {"*;q=0", "identity;q=0", "br, identity;q=0", "gzip;q=0, identity;q=0"})
    EXPECT_EQ(coding_of(none), std::nullopt) << none;
}

TEST(Gzip, GivesBackWhatWentIn) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 10'007);
  for (const int level : {1, 6, 9}) {
    Gzip gzip(level);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 70'001)
      gzip.add(std::string_view(text).substr(at, 70'001), out);
    gzip.finish(out);
    EXPECT_EQ(gunzip(out), text);
  }
  Gzip empty(1);
  std::string out;
  empty.finish(out);
  EXPECT_EQ(gunzip(out), "");
}

}  // namespace
}  // namespace kap::gateway::transport::http

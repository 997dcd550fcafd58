#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/gateway/transport/http/test_gateway.h"

namespace kap::gateway::transport::http {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

struct Malformed {
  std::string bytes;
  unsigned status;
};

const std::string kGet = "GET /fhir/metadata HTTP/1.1\r\n";
const std::string kPost = "POST /auth/token HTTP/1.1\r\nHost: gw\r\n";

std::vector<Malformed> malformed_request_lines() {
  return {
      {"GARBAGE\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET /fhir/metadata\r\n\r\n", 400},
      {"GET  /fhir/metadata HTTP/1.1\r\nHost: gw\r\n\r\n", 400},
      {"GET /fhir/metadata HTTP/2.0\r\nHost: gw\r\n\r\n", 505},
      {"GET /fhir/metadata HTTP/1.2\r\nHost: gw\r\n\r\n", 505},
      {"GET /fhir/metadata HTTP/0.9\r\nHost: gw\r\n\r\n", 505},
      {"GET /fhir/metadata http/1.1\r\nHost: gw\r\n\r\n", 505},
      {"GET /fhir/meta data HTTP/1.1\r\nHost: gw\r\n\r\n", 505},
      {" GET /fhir/metadata HTTP/1.1\r\nHost: gw\r\n\r\n", 400},
      {"G\xc3\x89T / HTTP/1.1\r\nHost: gw\r\n\r\n", 400},
      {"(GET) / HTTP/1.1\r\nHost: gw\r\n\r\n", 400},
      {"GET /fhir/metadata HTTP/1.1\nHost: gw\n\n", 400},
      {"GET /fhir/metadata HTTP/1.1\r\rHost: gw\r\n\r\n", 400},
      {"GET /fhir\0/metadata HTTP/1.1\r\nHost: gw\r\n\r\n"s, 400},
      {"GET /fhir/\x7f HTTP/1.1\r\nHost: gw\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: gw\r\n\r\n", 414},
  };
}

std::vector<Malformed> malformed_targets() {
  return {
      {"GET fhir/metadata HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"CONNECT gw:443 HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/../etc HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/%2e%2e/etc HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/%zz HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/%00 HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/%0d%0aX:y HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/%ff HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET /fhir/Patient?name=% HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
      {"GET //fhir/metadata HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n", 400},
  };
}

std::vector<Malformed> malformed_headers() {
  const std::string host = "Host: gw\r\n";
  return {
      {kGet + "\r\n", 400},
      {kGet + host + host + "\r\n", 400},
      {kGet + "Host: \r\n\r\n", 400},
      {kGet + "Host: a b\r\n\r\n", 400},
      {kGet + "Host: a/b\r\n\r\n", 400},
      {kGet + host + "Bad Name: x\r\n\r\n", 400},
      {kGet + host + "Name : x\r\n\r\n", 400},
      {kGet + host + ": x\r\n\r\n", 400},
      {kGet + host + "NoColon\r\n\r\n", 400},
      {kGet + host + "A: b\r\n folded\r\n\r\n", 400},
      {kGet + host + "A: b\r\n\tfolded\r\n\r\n", 400},
      {kGet + host + "A: b\0c\r\n\r\n"s, 400},
      {kGet + host + "A: b\rc\r\n\r\n", 400},
      {kGet + host + "A: b\nB: c\r\n\r\n", 400},
      {kGet + host + "A: \x01\r\n\r\n", 400},
      {kGet + host + "A: " + std::string(40'000, 'a') + "\r\n\r\n", 431},
      {kGet + host + std::string("A: " + std::string(10U << 20U, 'a')) + "\r\n\r\n", 431},
      {kGet + host + "Expect: a-miracle\r\n\r\n", 417},
      {kGet + host + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400},
  };
}

std::vector<Malformed> malformed_framing() {
  return {
      {kPost + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {kPost + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
      {kPost + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {kPost + "Content-Length: -1\r\n\r\n", 400},
      {kPost + "Content-Length: +3\r\n\r\nabc", 400},
      {kPost + "Content-Length: 0x3\r\n\r\nabc", 400},
      {kPost + "Content-Length: \r\n\r\n", 400},
      {kPost + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {kPost + "Content-Length: 99999999999\r\n\r\n", 413},
      {kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {kPost + "Transfer-Encoding: identity\r\n\r\n", 501},
      {kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
      {kPost + "Transfer-Encoding:\x0b"
               "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST /auth/token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(60'000, 'x'), 400},
      {kPost + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 415},
  };
}

void expect_refusals(const std::vector<Malformed>& requests) {
  TestGateway gateway;
  int number = 0;
  for (const Malformed& one : requests) {
    RawClient client(gateway.port);
    client.send(one.bytes);
    const std::string response = client.read_all();
    const std::string shown = fmt::format("{}: {}", number++, one.bytes.substr(0, 90));
    EXPECT_EQ(status_of(response), one.status) << shown;
    EXPECT_THAT(response, HasSubstr("\"resourceType\":\"OperationOutcome\"")) << shown;
    EXPECT_EQ(response.find("HTTP/1.1 4", 1), std::string::npos) << "one answer alone: " << shown;
  }
  EXPECT_EQ(status_of(gateway.exchange(kGet + "Host: gw\r\n\r\n")), 200U);
}

TEST(MalformedRequests, RequestLines) { expect_refusals(malformed_request_lines()); }
TEST(MalformedRequests, Targets) { expect_refusals(malformed_targets()); }
TEST(MalformedRequests, HeaderFields) { expect_refusals(malformed_headers()); }
TEST(MalformedRequests, Framing) { expect_refusals(malformed_framing()); }

TEST(MalformedRequests, EndedHalfwayAreAnswered) {
  TestGateway gateway;
  for (const std::string& half : {"GET /fhir/metadata HT"s, kGet, kGet + "Host: gw\r\n",
                                  kPost + "Content-Length: 10\r\n\r\nabc",
                                  kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    RawClient client(gateway.admin_port, false);
    client.send(half);
    client.end_sending();
    const unsigned status = status_of(client.read_all());
    EXPECT_TRUE(status == 400 || status == 404) << status << ' ' << half;
  }
}

TEST(SlowRequests, HalfARequestAndSilenceIs408) {
  config::HttpSettings settings = TestGateway::quick_settings();
  settings.header_timeout = std::chrono::milliseconds(80);
  settings.body_timeout = std::chrono::milliseconds(80);
  settings.idle_timeout = std::chrono::milliseconds(80);
  settings.handshake_timeout = std::chrono::milliseconds(500);
  TestGateway gateway(settings);
  for (const std::string& half : {"GET /fhir/metadata HT"s, kGet,
                                  kGet + "Host: gw\r\nA: ", kPost + "Content-Length: 10\r\n\r\nabc",
                                  kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
                                  kPost + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n"}) {
    RawClient client(gateway.port);
    client.send(half);
    EXPECT_THAT(client.read_all(), HasSubstr("HTTP/1.1 408 Request Timeout")) << half;
  }
  RawClient drip(gateway.port);
  drip.send("GET /fhir/metadata HTTP/1.1\r\n");
  while (drip.send("A: b\r\n") && drip.is_open) {
    usleep(10'000);
    if (!drip.read_response().empty()) break;
  }
  RawClient idle(gateway.port);
  EXPECT_EQ(idle.read_all(), "") << "an idle connection is closed without an answer";
  RawClient silent(gateway.port, false);
  EXPECT_EQ(silent.read_all(), "") << "no handshake, no connection";
}

TEST(SlowRequests, AReaderThatDoesNotReadIsCutOff) {
  config::HttpSettings settings = TestGateway::quick_settings();
  settings.write_timeout = std::chrono::milliseconds(100);
  TestGateway gateway(settings);
  RawClient client(gateway.port);
  const std::string request = gateway.request("GET /fhir/Basic/big");
  // More responses than the sockets hold, none of them read: the server must not wait for ever.
  for (int i = 0; i < 200; ++i)
    if (!client.send(request)) break;
  EXPECT_EQ(status_of(gateway.exchange(kGet + "Host: gw\r\n\r\n")), 200U);
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

TEST(BoundedMemory, LargeHeadsAndBodiesAreNotKept) {
  TestGateway gateway;
  const std::string megabyte(1U << 20U, 'a');
  RawClient warm(gateway.port);
  const long before = resident_kib();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(gateway.port));
    clients.back()->send(kGet + "Host: gw\r\nA: ");
    for (int j = 0; j < 8; ++j)
      if (!clients.back()->send(megabyte)) break;
  }
  EXPECT_LT(resident_kib() - before, 32 * 1024);
}

}  // namespace
}  // namespace kap::gateway::transport::http

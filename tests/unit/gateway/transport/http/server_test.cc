#include "gateway/transport/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fhir/json/parse.h"
#include "tests/unit/gateway/transport/http/test_gateway.h"

namespace kap::gateway::transport::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ServerTest : public ::testing::Test {
 protected:
  TestGateway gateway_;

  std::string get(const std::string& path, const std::string& headers = "") {
    return gateway_.exchange(gateway_.request("GET " + path, headers + "\r\n"));
  }
};

TEST_F(ServerTest, ReadsWithTheStoredBytes) {
  const std::string response = get("/fhir/Basic/1");
  EXPECT_THAT(response, AllOf(HasSubstr("HTTP/1.1 200 OK\r\n"), HasSubstr("ETag: W/\"3\"\r\n"),
                              HasSubstr("Last-Modified: "), HasSubstr("Date: "),
                              HasSubstr("Content-Type: application/fhir+json; charset=utf-8"),
                              HasSubstr("Cache-Control: no-store"),
                              HasSubstr("Strict-Transport-Security"), Not(HasSubstr("Server:"))));
  EXPECT_TRUE(response.ends_with(R"("source":"urn:test"},"number":1.00})")) << response;
  EXPECT_THAT(get("/fhir/Basic/1/_history/2"), HasSubstr("ETag: W/\"2\""));
  EXPECT_THAT(get("/fhir/Basic/1/_history?_count=2"),
              AllOf(HasSubstr(R"("total":3)"), HasSubstr(R"("relation":"next")")));
  EXPECT_THAT(get("/fhir/Basic/1?_pretty=true"), HasSubstr("{\n"));
  EXPECT_EQ(get("https://elsewhere/fhir/Basic/1").find("HTTP/1.1 200"), 0U);
}

TEST_F(ServerTest, SaysWhatIsWrong) {
  EXPECT_THAT(get("/fhir/Basic/nobody"), HasSubstr("HTTP/1.1 404 Not Found"));
  EXPECT_THAT(get("/fhir/Basic/a_b"), HasSubstr("404"));
  EXPECT_THAT(get("/fhir/Basic/$everything"), HasSubstr("\"not-supported\""));
  EXPECT_THAT(get("/fhir/Basic/1/_history/x"), HasSubstr("404"));
  EXPECT_THAT(get("/fhir/Basic/gone"), HasSubstr("HTTP/1.1 410 Gone"));
  EXPECT_THAT(get("/fhir/Foo/1"), AllOf(HasSubstr("404"), HasSubstr("OperationOutcome")));
  EXPECT_THAT(get("/nowhere"), HasSubstr("404"));
  EXPECT_THAT(get("/fhir/Basic/1", "Accept: application/fhir+xml\r\n"), HasSubstr("HTTP/1.1 406"));
  EXPECT_THAT(get("/fhir/Basic/1?_format=xml"), HasSubstr("HTTP/1.1 406"));
  EXPECT_THAT(get("/fhir/Basic/1?x=1", "Prefer: handling=strict\r\n"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(get("/fhir/Basic/1?x=1"), HasSubstr("HTTP/1.1 200"));
  const std::string broken = get("/fhir/Basic/broken");
  EXPECT_THAT(broken, AllOf(HasSubstr("HTTP/1.1 500"), Not(HasSubstr("secret"))));
  EXPECT_THAT(gateway_.exchange(gateway_.request("DELETE /fhir/Basic/1")),
              AllOf(HasSubstr("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD")));
  EXPECT_THAT(gateway_.exchange(gateway_.request("BREW /fhir/metadata")), HasSubstr("405"));
}

TEST_F(ServerTest, NoTokenNoData) {
  const auto with = [&](const std::string& header) {
    return gateway_.exchange("GET /fhir/Basic/1 HTTP/1.1\r\nHost: gw\r\n" + header + "\r\n");
  };
  const std::string bare = with("");
  EXPECT_THAT(bare, AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("WWW-Authenticate: Bearer"),
                          Not(HasSubstr("invalid_token")), HasSubstr("OperationOutcome")));
  EXPECT_THAT(with("Authorization: Bearer abc\r\n"),
              AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("error=\"invalid_token\"")));
  EXPECT_THAT(with("Authorization: Basic abc\r\n"), HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(with("Authorization: Bearer\r\n"), HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(with("Authorization: bearer " + gateway_.token() + "\r\n"), HasSubstr(" 200 OK"));
  EXPECT_THAT(with("Authorization: Bearer " + gateway_.token("system/Patient.rs") + "\r\n"),
              AllOf(HasSubstr("HTTP/1.1 403"),
                    HasSubstr("error=\"insufficient_scope\", scope=\"system/Basic.r\"")));
  EXPECT_THAT(gateway_.exchange("GET /fhir/Basic/1?access_token=" + gateway_.token() +
                                " HTTP/1.1\r\nHost: gw\r\n\r\n"),
              HasSubstr("HTTP/1.1 401"));
}

TEST_F(ServerTest, PublicPathsNeedNoToken) {
  for (const char* path : {"/fhir/metadata", "/fhir/.well-known/smart-configuration",
                           "/.well-known/smart-configuration", "/auth/jwks"})
    EXPECT_THAT(gateway_.exchange(fmt::format("GET {} HTTP/1.1\r\nHost: gw\r\n\r\n", path)),
                AllOf(HasSubstr(" 200 OK"), HasSubstr("json"), HasSubstr("max-age")))
        << path;
}

TEST_F(ServerTest, ConditionalReads) {
  EXPECT_THAT(
      get("/fhir/Basic/1", "If-None-Match: W/\"3\"\r\n"),
      AllOf(HasSubstr("HTTP/1.1 304"), HasSubstr("ETag: W/\"3\""), Not(HasSubstr("resourceType"))));
  EXPECT_THAT(get("/fhir/Basic/1", "If-None-Match: W/\"2\"\r\n"), HasSubstr(" 200 OK"));
  EXPECT_THAT(get("/fhir/Basic/1", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"),
              HasSubstr("HTTP/1.1 304"));
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
  RawClient client(gateway_.port);
  client.send(gateway_.request("HEAD /fhir/Basic/1"));
  const std::string head = client.read_response(true);
  EXPECT_THAT(head, AllOf(HasSubstr(" 200 OK"), HasSubstr("Content-Length: ")));
  client.send(gateway_.request("GET /fhir/Basic/1"));
  EXPECT_THAT(client.read_response(), HasSubstr("1.00}"));
}

TEST_F(ServerTest, SearchesByUrlAndByForm) {
  EXPECT_THAT(get("/fhir/Basic?code=a%7Cb&_count=5"),
              HasSubstr(R"("url":"https://gw/fhir/Basic?code=a%7Cb&_count=5")"));
  EXPECT_THAT(get("/fhir/Basic?a=1"), AllOf(HasSubstr(" 200 OK"), HasSubstr("\"outcome\"")));
  EXPECT_THAT(get("/fhir/Basic?a=1", "Prefer: return=minimal, handling=strict\r\n"),
              HasSubstr("HTTP/1.1 400"));
  const auto form = [&](const std::string& type, const std::string& body) {
    return gateway_.exchange(gateway_.request(
        "POST /fhir/Basic/_search?_count=1",
        fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}", type, body.size(), body)));
  };
  EXPECT_THAT(
      form("application/x-www-form-urlencoded; charset=UTF-8", "code=x+y&author:missing=%74rue"),
      HasSubstr(R"(Basic?_count=1&code=x%20y&author:missing=true")"));
  EXPECT_THAT(form("application/json", "{}"), HasSubstr("HTTP/1.1 415"));
  EXPECT_THAT(form("application/x-www-form-urlencoded", "b=%"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(form("application/x-www-form-urlencoded", "_format=xml"), HasSubstr("HTTP/1.1 406"));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client(gateway_.port);
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += gateway_.request(i % 3 == 0 ? fmt::format("GET /slow?n=<{}>", i)
                                       : fmt::format("GET /fhir/Basic/1/_history/{}", 1 + i % 2));
  ASSERT_TRUE(client.send("\r\n" + all));
  for (int i = 0; i < 50; ++i)
    EXPECT_THAT(client.read_response(), HasSubstr(i % 3 == 0 ? fmt::format("<{}>", i)
                                                             : fmt::format("W/\"{}\"", 1 + i % 2)));
}

TEST_F(ServerTest, KeepsAndClosesAsAsked) {
  RawClient closing(gateway_.port);
  closing.send(gateway_.request("GET /fhir/Basic/1", "Connection: close\r\n\r\n"));
  EXPECT_THAT(closing.read_all(), HasSubstr("Connection: close"));
  RawClient old(gateway_.port);
  old.send("GET /fhir/metadata HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.read_all(), HasSubstr("Connection: close"));
  RawClient refused(gateway_.port);
  refused.send("POST /fhir/Basic/_search HTTP/1.1\r\nHost: gw\r\nContent-Length: 9\r\n\r\n");
  EXPECT_THAT(refused.read_all(), AllOf(HasSubstr("401"), HasSubstr("Connection: close")));
}

TEST_F(ServerTest, AsksForABodyThatIsExpected) {
  RawClient client(gateway_.port);
  client.send(gateway_.request("POST /fhir/Basic/_search",
                               "Content-Type: application/x-www-form-urlencoded\r\n"
                               "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("a=b");
  EXPECT_THAT(client.read_response(), HasSubstr("searchset"));
  RawClient stranger(gateway_.port);
  stranger.send(
      "POST /fhir/Basic/_search HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\n"
      "Content-Length: 3\r\n\r\n");
  EXPECT_THAT(stranger.read_all(), AllOf(HasSubstr("401"), Not(HasSubstr("100 Continue"))));
}

TEST_F(ServerTest, TakesChunkedBodiesAndRefusesLargeOnes) {
  const std::string type = "Content-Type: application/x-www-form-urlencoded\r\n";
  EXPECT_THAT(gateway_.exchange(gateway_.request(
                  "POST /fhir/Basic/_search",
                  type + "Transfer-Encoding: chunked\r\n\r\n5\r\ncode=\r\n1\r\nb\r\n0\r\n\r\n")),
              HasSubstr("Basic?code=b\""));
  EXPECT_THAT(gateway_.exchange(gateway_.request("POST /fhir/Basic/_search",
                                                 type + "Content-Length: 300000\r\n\r\n")),
              HasSubstr("HTTP/1.1 413"));
}

TEST_F(ServerTest, LargeResponsesArriveWhole) {
  RawClient client(gateway_.port);
  for (int i = 0; i < 5; ++i) client.send(gateway_.request("GET /fhir/Basic/big"));
  for (int i = 0; i < 5; ++i) {
    const std::string response = client.read_response();
    EXPECT_THAT(response, HasSubstr(std::string(300'000, 'x') + "\"}"));
  }
}

TEST_F(ServerTest, EchoesASaneRequestIdAlone) {
  EXPECT_THAT(get("/fhir/metadata", "X-Request-Id: abc-1.2\r\n"),
              HasSubstr("X-Request-Id: abc-1.2\r\n"));
  EXPECT_THAT(get("/fhir/metadata", "X-Request-Id: <script>\r\n"), Not(HasSubstr("<script>")));
}

TEST_F(ServerTest, TheTokenEndpointSpeaksOAuth) {
  const auto post = [&](const std::string& headers, const std::string& body) {
    return gateway_.exchange(
        fmt::format("POST /auth/token HTTP/1.1\r\nHost: gw\r\n{}Content-Length: {}\r\n\r\n{}",
                    headers, body.size(), body));
  };
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const auto now = std::chrono::floor<std::chrono::seconds>(gateway_.clock.now());
  const std::string claims =
      fmt::format(R"({{"iss":"ehr","sub":"ehr","aud":"https://gw/auth/token","exp":{},"jti":"1"}})",
                  now.time_since_epoch().count() + 60);
  const std::string assertion =
      *security::sign_jws(R"({"alg":"ES384","kid":"ec"})", claims, security::Algorithm::kEs384,
                          security::FakeKeys::get().ec.get());
  const std::string good =
      "grant_type=client_credentials&scope=system/*.rs&client_assertion_type=urn%3Aietf%3Aparams%3A"
      "oauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
      assertion;
  const std::string granted = post(form, good);
  EXPECT_THAT(granted, AllOf(HasSubstr(" 200 OK"), HasSubstr("Cache-Control: no-store"),
                             HasSubstr("Pragma: no-cache"), HasSubstr("\"system/*.rs\"")));
  EXPECT_THAT(post(form, good), AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("invalid_client")));
  EXPECT_THAT(post(form, "grant_type=password"),
              AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("unsupported_grant_type")));
  EXPECT_THAT(post("Content-Type: application/json\r\n", "{}"), HasSubstr("invalid_request"));
  EXPECT_THAT(post(form + "Authorization: Basic eDp5\r\n", good), HasSubstr("invalid_request"));
  EXPECT_THAT(post(form, "a=%"), HasSubstr("invalid_request"));
  EXPECT_THAT(get("/auth/token"), HasSubstr("Allow: POST"));
}

TEST_F(ServerTest, TheMtlsListenerDemandsACertificate) {
  RawClient with(gateway_.mtls_port, true, gateway_.certificates.path("clinic.pem"),
                 gateway_.certificates.path("clinic.key"));
  with.send(gateway_.request("GET /fhir/Basic/1"));
  EXPECT_THAT(with.read_response(), HasSubstr(" 200 OK"));
  RawClient without(gateway_.mtls_port);
  without.send(gateway_.request("GET /fhir/Basic/1"));
  EXPECT_EQ(without.read_all(), "");
}

TEST_F(ServerTest, AdminPathsArePlain) {
  const auto admin = [&](const std::string& path) {
    RawClient client(gateway_.admin_port, false);
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.read_all();
  };
  EXPECT_THAT(admin("/livez"), AllOf(HasSubstr(" 200 OK"), Not(HasSubstr("Strict-Transport"))));
  EXPECT_THAT(admin("/readyz"), HasSubstr(" 200 OK"));
  get("/fhir/Basic/1");
  EXPECT_THAT(admin("/metrics"),
              HasSubstr("kap_http_requests_total{method=\"GET\",route=\"/fhir/{type}/{id}\","
                        "status=\"2xx\"} 1"));
  gateway_.admin.unready = [] { return std::string("the disk is full"); };
  EXPECT_THAT(admin("/readyz"), AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("disk is full")));
  EXPECT_THAT(admin("/fhir/metadata"), HasSubstr("HTTP/1.1 404"));
}

TEST_F(ServerTest, OverloadIs503AndReadsGoOn) {
  gateway_.is_blocked = true;
  std::vector<std::unique_ptr<RawClient>> busy;
  unsigned refused = 0;
  for (int i = 0; i < 8; ++i) {
    busy.push_back(std::make_unique<RawClient>(gateway_.port));
    busy.back()->send(gateway_.request("GET /slow?a=b"));
  }
  EXPECT_THAT(get("/fhir/Basic/1"), HasSubstr(" 200 OK")) << "point reads do not wait";
  gateway_.is_blocked = false;
  for (auto& client : busy) {
    const std::string response = client->read_response();
    if (status_of(response) != 503) continue;
    ++refused;
    EXPECT_THAT(response, HasSubstr("Retry-After: 1"));
  }
  EXPECT_LE(refused, 8U);
}

TEST_F(ServerTest, DrainsGracefully) {
  RawClient idle(gateway_.port);
  RawClient busy(gateway_.port);
  gateway_.is_blocked = true;
  busy.send(gateway_.request("GET /slow?a=b"));
  std::thread stopping([&] { gateway_.server.stop(); });
  EXPECT_EQ(idle.read_all(), "");
  gateway_.is_blocked = false;
  const std::string last = busy.read_all();
  stopping.join();
  EXPECT_TRUE(last.empty() || last.find("Connection: close") != std::string::npos) << last;
  EXPECT_FALSE(RawClient(gateway_.port).is_open);
}

TEST(ServerLimits, ConnectionsBeyondTheLimitAreClosed) {
  config::HttpSettings settings = TestGateway::quick_settings();
  settings.max_connections = 3;
  TestGateway gateway(settings);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(gateway.port));
    EXPECT_TRUE(clients.back()->is_open);
  }
  EXPECT_FALSE(RawClient(gateway.port).is_open);
  clients.front()->send(gateway.request("GET /fhir/Basic/1"));
  EXPECT_THAT(clients.front()->read_response(), HasSubstr(" 200 OK"));
}

TEST(ServerLimits, APortInUseIsRefusedWithItsName) {
  TestGateway gateway;
  const auto again = gateway.server.listen(
      {.address = "127.0.0.1", .port = gateway.port, .tls = {}, .pipeline = {.routes = {}}});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().summary(), HasSubstr(std::to_string(gateway.port)));
  EXPECT_FALSE(gateway.server.listen(
      {.address = "localhost", .port = 0, .tls = {}, .pipeline = {.routes = {}}}));
}

}  // namespace
}  // namespace kap::gateway::transport::http

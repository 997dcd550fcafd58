#include "gateway/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "gateway/config/keys.h"

namespace kap::gateway::config {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGood = R"(public_url = "https://gateway.example.org:8443"
state_dir = "state"
[http]
port = 0
certificate = "/etc/kap/server.pem"
key = "server.key"
header_timeout_ms = 1500
[grpc]
client_ca = "ca.pem"
)";

std::string faults(std::string_view toml, const Environment& environment = {}) {
  const auto settings = parse_settings(toml, "/etc/kap/gateway.toml", environment);
  return settings ? "none" : settings.error().summary();
}

TEST(Settings, ReadsValuesDefaultsAndRelativePaths) {
  const auto settings = parse_settings(kGood, "/etc/kap/gateway.toml");
  ASSERT_TRUE(settings) << settings.error().summary();
  EXPECT_EQ(settings->fhir_base(), "https://gateway.example.org:8443/fhir");
  EXPECT_EQ(settings->token_url(), "https://gateway.example.org:8443/auth/token");
  EXPECT_EQ(settings->state_dir, "/etc/kap/state");
  EXPECT_EQ(settings->http.tls.key, "/etc/kap/server.key");
  EXPECT_EQ(settings->http.port, 0);
  EXPECT_EQ(settings->http.header_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(settings->grpc.port, 9443);
  EXPECT_EQ(settings->grpc.tls.certificate, "/etc/kap/server.pem");
  EXPECT_EQ(settings->store.path, "/etc/kap/state/kap.db");
}

TEST(Settings, TheEnvironmentWins) {
  const auto settings = parse_settings(
      kGood, "/etc/kap/gateway.toml",
      {{"KAP_HTTP_PORT", "9001"}, {"KAP_LOG_LEVEL", "debug"}, {"KAP_SHARED", "../shared"}});
  ASSERT_TRUE(settings) << settings.error().summary();
  EXPECT_EQ(settings->http.port, 9001);
  EXPECT_EQ(settings->log.level, LogLevel::kDebug);
}

TEST(Settings, EveryKeyHasAVariableAndADescription) {
  const std::string description = describe_settings();
  for (const Key& key : keys()) {
    EXPECT_THAT(description, HasSubstr(to_variable(key.path)));
    EXPECT_FALSE(key.meaning.empty()) << key.path;
  }
}

TEST(Settings, TheDocumentationListsTheKeysAsTheyAre) {
  std::ifstream file(KAP_SOURCE_DIR "/docs/configuration.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("```toml\n" + describe_settings() + "```"))
      << "paste this into docs/configuration.md:\n"
      << describe_settings();
}

TEST(Settings, TheContainersFileNeedsOnlyThePublicUrl) {
  const std::string file = KAP_SOURCE_DIR "/docker/gateway.toml";
  EXPECT_FALSE(load_settings(file, {}));
  const auto settings = load_settings(file, {{"KAP_PUBLIC_URL", "https://gateway:8443"}});
  ASSERT_TRUE(settings) << settings.error().summary();
  EXPECT_EQ(settings->http.address, "0.0.0.0");
  EXPECT_EQ(settings->grpc.address, "0.0.0.0");
  EXPECT_EQ(settings->grpc.tls.client_ca, settings->http.tls.client_ca);
}

TEST(Settings, AnEnvironmentAloneSuffices) {
  const auto settings = parse_settings("", "gateway.toml",
                                       {{"KAP_PUBLIC_URL", "https://h"},
                                        {"KAP_STATE_DIR", "/s"},
                                        {"KAP_HTTP_CERTIFICATE", "/c"},
                                        {"KAP_HTTP_KEY", "/k"},
                                        {"KAP_GRPC_CLIENT_CA", "/a"}});
  EXPECT_TRUE(settings);
}

TEST(Settings, AFaultNamesKeyLineAndWhatWouldBeRight) {
  struct Case {
    std::string toml;
    std::vector<std::string> expected;
  };
  const std::string good(kGood);
  const std::vector<Case> cases = {
      {good + "[admin]\nport = \"x\"\n",
       {"gateway.toml:11:8", "admin.port", "expected an integer"}},
      {good + "[admin]\nport = 70000\n", {"gateway.toml:11:8", "admin.port", "0 to 65535"}},
      {good + "[admin]\nport = -1\n", {"admin.port", "0 to 65535"}},
      {good + "[admin]\nport = 1.5\n", {"admin.port", "expected an integer"}},
      {good + "[admin]\nprot = 1\n", {"gateway.toml:11:1", "admin.prot", "unknown key", "port"}},
      {good + "[admni]\nport = 1\n", {"gateway.toml:10", "admni", "unknown key", "[admin]"}},
      {good + "[log]\nlevel = \"loud\"\n", {"log.level", "debug, info, warning, error"}},
      {good + "[log]\nlevel = 3\n", {"log.level", "expected text"}},
      {good + "[log]\nlevel = \"\"\n", {"log.level", "empty"}},
      {good + "[store]\nbackend = \"oracle\"\n", {"store.backend", "sqlite"}},
      {good + "[http]\nport = 1\n", {"gateway.toml:10"}},
      {"log = 1\n" + good, {"gateway.toml:1", "log", "section [log]"}},
      {"public_url = \n", {"gateway.toml:1:"}},
      {"",
       {"public_url", "missing", "KAP_PUBLIC_URL", "state_dir", "http.certificate", "http.key",
        "grpc.client_ca"}},
  };
  for (const Case& one : cases)
    for (const std::string& part : one.expected)
      EXPECT_THAT(faults(one.toml), HasSubstr(part)) << one.toml;
}

TEST(Settings, ThePublicUrlIsAnHttpsOrigin) {
  for (const std::string url : {"http://h", "https://", "https://h/", "https://h/fhir",
                                "https://u@h", "h:8443", "https://h?x"}) {
    EXPECT_THAT(faults(kGood, {{"KAP_PUBLIC_URL", url}}), HasSubstr("public_url")) << url;
  }
  EXPECT_EQ(faults(kGood, {{"KAP_PUBLIC_URL", "https://[::1]:1"}}), "none");
}

TEST(Settings, FaultsOfTheEnvironmentNameTheVariable) {
  EXPECT_THAT(faults(kGood, {{"KAP_HTTP_PORT", "80 "}}), HasSubstr("KAP_HTTP_PORT: http.port"));
  EXPECT_THAT(faults(kGood, {{"KAP_HTTP_PORT", ""}}), HasSubstr("expected an integer"));
  EXPECT_THAT(faults(kGood, {{"KAP_HTTP_PROT", "80"}}), HasSubstr("KAP_HTTP_PROT"));
}

TEST(Settings, AllFaultsAtOnce) {
  const auto settings = parse_settings("[http]\nport = 70000\nthreads = \"x\"\n", "f.toml");
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().issues().size(), 7U);
}

TEST(Settings, AMissingFileIsNamed) {
  const auto settings = load_settings("/nonexistent/gateway.toml", {});
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().summary(), HasSubstr("/nonexistent/gateway.toml"));
}

TEST(Settings, MissingFilesAreListedByKey) {
  auto settings = parse_settings(kGood, "/nonexistent/gateway.toml");
  ASSERT_TRUE(settings);
  const auto status = check_files(*settings);
  ASSERT_FALSE(status);
  const std::string summary = status.error().summary();
  for (const char* key : {"http.certificate", "http.key", "grpc.client_ca", "state_dir"})
    EXPECT_THAT(summary, HasSubstr(key));
}

}  // namespace
}  // namespace kap::gateway::config

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

#include "tests/functional/gateway.h"
#include "tests/functional/process.h"

namespace kap::functional {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Finished check(const std::string& toml,
               const std::map<std::string, std::string>& environment = {}) {
  const Scratch scratch;
  const auto file = scratch.path() / "gateway.toml";
  write_file(file, toml);
  return run({KAP_GATEWAY, "serve", "--check-config", "--config", file.string()}, environment);
}

TEST(CommandLine, AConfigErrorNamesKeyAndLine) {
  const auto finished = check("public_url = \"https://localhost:8443\"\n[grpc]\nport = 70000\n");
  EXPECT_NE(finished.code, 0);
  EXPECT_THAT(finished.output, AllOf(HasSubstr("grpc.port"), HasSubstr("gateway.toml:3:")));
}

TEST(CommandLine, AnUnknownKeyIsRefused) {
  const auto finished = check("[http]\nprot = 1\n");
  EXPECT_NE(finished.code, 0);
  EXPECT_THAT(finished.output, AllOf(HasSubstr("prot"), HasSubstr(":2:")));
}

TEST(CommandLine, AMissingFileIsNamed) {
  const auto finished = check(
      "public_url = \"https://localhost:8443\"\nstate_dir = \"state\"\n[http]\ncertificate = "
      "\"absent.pem\"\nkey = \"absent.key\"\n[grpc]\nclient_ca = \"absent-ca.pem\"\n");
  EXPECT_NE(finished.code, 0);
  EXPECT_THAT(finished.output, HasSubstr("absent.pem"));
}

TEST(CommandLine, TheEnvironmentIsCheckedToo) {
  const auto finished = check("", {{"KAP_HTTP_PORT", "many"}});
  EXPECT_NE(finished.code, 0);
  EXPECT_THAT(finished.output, HasSubstr("KAP_HTTP_PORT"));
}

TEST(CommandLine, WrongUseIsTwo) {
  EXPECT_EQ(run({KAP_GATEWAY}).code, 2);
  EXPECT_EQ(run({KAP_GATEWAY, "nonsense"}).code, 2);
  EXPECT_EQ(run({KAP_GATEWAY, "serve"}).code, 2);
  EXPECT_EQ(run({KAP_GATEWAY, "--help"}).code, 0);
  EXPECT_EQ(run({KAP_GATEWAY, "--version"}).code, 0);
  EXPECT_EQ(run({KAP_CLINIC, "submit"}).code, 2);
  EXPECT_EQ(run({KAP_CLINIC, "--version"}).code, 0);
  EXPECT_EQ(run({KAP_GATEWAY, "healthcheck", "--url", "http://127.0.0.1:1/readyz"}).code, 1);
}

TEST(CommandLine, KapClinicSaysWhenNobodyAnswers) {
  const auto& pki = Pki::shared();
  const auto finished = run({KAP_CLINIC, "submit", "--endpoint", "localhost:1", "--ca",
                             pki.file("ca.pem"), "--cert", pki.file("clinic.pem"), "--key",
                             pki.file("clinic.key"), "--attempts", "1", data("clinic")});
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.output, HasSubstr("given up after 1 attempts"));
}

}  // namespace
}  // namespace kap::functional

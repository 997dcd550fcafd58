#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/functional/gateway.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finished command(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{KAP_GATEWAY};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(all);
}

class EncryptionTest : public ::testing::Test {
 protected:
  /// No file below the state directory, nor what the process wrote, holds any of the words.
  void expect_nowhere(const std::vector<std::string>& words, const Gateway& gateway) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state())) {
      if (!entry.is_regular_file()) continue;
      const auto text = read_file(entry.path());
      for (const auto& word : words)
        EXPECT_EQ(text.find(word), std::string::npos) << word << " in " << entry.path();
    }
    for (const auto& word : words) EXPECT_THAT(gateway.log(), Not(HasSubstr(word)));
  }
  [[nodiscard]] std::filesystem::path state() const { return scratch_.path() / "state"; }

  Scratch scratch_;
};

TEST_F(EncryptionTest, NoFileOfTheGatewayHoldsWhatAClinicSent) {
  Gateway gateway(state());
  ASSERT_TRUE(gateway.start()) << gateway.log();
  ASSERT_EQ(gateway.submit({data("clinic")}).code, 0);
  const auto token = gateway.token();
  const auto patients = gateway.count("Patient", token);
  ASSERT_GT(patients, 0);
  const std::vector<std::string> words = {"resourceType", "MedicationAdministration", "ketamine",
                                          "kap-clinic-east", "SQLite format"};
  expect_nowhere(words, gateway);
  gateway.crash();
  expect_nowhere(words, gateway);
  ASSERT_TRUE(gateway.start()) << gateway.log();
  EXPECT_EQ(gateway.count("Patient", gateway.token()), patients);
  const auto rotated = command({"key", "rotate", "--config", gateway.config()});
  EXPECT_NE(rotated.code, 0);
  EXPECT_THAT(rotated.output, HasSubstr("stop it first"));
  EXPECT_TRUE(gateway.stop());
  expect_nowhere(words, gateway);
}

TEST_F(EncryptionTest, KeysAreRotatedAndTheMasterKeyIsChanged) {
  Gateway gateway(state());
  ASSERT_TRUE(gateway.start()) << gateway.log();
  ASSERT_EQ(gateway.submit({data("clinic")}).code, 0);
  const auto patients = gateway.count("Patient", gateway.token());
  ASSERT_TRUE(gateway.stop());
  EXPECT_EQ(command({"key", "rotate", "--config", gateway.config()}).code, 0);
  EXPECT_THAT(command({"key", "status", "--config", gateway.config()}).output,
              HasSubstr("current key\t2"));
  const auto fresh = (scratch_.path() / "fresh.key").string();
  EXPECT_EQ(command({"key", "rewrap", "--new-master", fresh, "--config", gateway.config()}).code,
            0);
  EXPECT_FALSE(gateway.start()) << "the former master key opens nothing";
  EXPECT_THAT(gateway.log(), HasSubstr("master key"));
  std::filesystem::rename(fresh, state() / "master.key");
  ASSERT_TRUE(gateway.start()) << gateway.log();
  EXPECT_EQ(gateway.count("Patient", gateway.token()), patients);
}

TEST_F(EncryptionTest, ABackupOfARunningGatewayOpensWithItsMasterKeyAlone) {
  Gateway gateway(state());
  ASSERT_TRUE(gateway.start()) << gateway.log();
  ASSERT_EQ(gateway.submit({data("clinic")}).code, 0);
  const auto patients = gateway.count("Patient", gateway.token());
  const auto folder = scratch_.path() / "backup";
  const auto made = command({"backup", folder.string(), "--config", gateway.config()});
  ASSERT_EQ(made.code, 0) << made.output;
  EXPECT_FALSE(std::filesystem::exists(folder / "master.key"));
  EXPECT_EQ(read_file(folder / "kap.db").find("resourceType"), std::string::npos);
  EXPECT_NE(command({"backup", folder.string(), "--config", gateway.config()}).code, 0);
  Gateway restored(folder);
  EXPECT_FALSE(restored.start()) << "there is no master key";
  std::filesystem::copy_file(state() / "master.key", folder / "master.key");
  ASSERT_TRUE(restored.start()) << restored.log();
  EXPECT_EQ(restored.count("Patient", restored.token()), patients);
}

TEST_F(EncryptionTest, ADatabaseInTheClearIsRefusedUntilItIsEncrypted) {
  {
    Gateway gateway(state());
    write_file(gateway.config(), read_file(gateway.config()) + "[store]\nencryption = \"off\"\n");
    ASSERT_TRUE(gateway.start()) << gateway.log();
    ASSERT_EQ(gateway.submit({data("clinic/000-clinic.ndjson")}).code, 0);
    ASSERT_TRUE(gateway.stop());
  }
  EXPECT_NE(
      (read_file(state() / "kap.db") + read_file(state() / "kap.db-wal")).find("resourceType"),
      std::string::npos);
  Gateway gateway(state());
  EXPECT_FALSE(gateway.start());
  EXPECT_THAT(gateway.log(), HasSubstr("kap-gateway key"));
  const auto sealed = command({"key", "encrypt", "--config", gateway.config()});
  ASSERT_EQ(sealed.code, 0) << sealed.output;
  ASSERT_TRUE(gateway.start()) << gateway.log();
  EXPECT_GT(gateway.count("Organization", gateway.token()), 0);
  expect_nowhere({"resourceType"}, gateway);
}

}  // namespace
}  // namespace kap::functional

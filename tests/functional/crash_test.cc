#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;

/// The synthetic clinic's records in the order of submission.
std::vector<std::string> all_records() {
  std::vector<std::string> records;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(data("clinic")))
    files.push_back(entry.path().string());
  std::ranges::sort(files);
  for (const auto& file : files)
    for (auto& record : read_records(file)) records.push_back(std::move(record));
  return records;
}

std::string key_of(const clinic::v1::Receipt& receipt) {
  return fmt::format("{}/{}/{}", static_cast<int>(receipt.record().kind()),
                     receipt.record().record_id(), receipt.record().revision());
}

/// The resources and versions of a receipt, as one text.
std::string resources_of(const clinic::v1::Receipt& receipt) {
  std::string text;
  for (const auto& resource : receipt.accepted().resources())
    text += fmt::format("{}/{}/{} ", resource.type(), resource.id(), resource.version());
  return text;
}

/// Sends all records while the gateway dies after `acknowledged` receipts; returns the receipts.
std::map<std::string, std::string> submit_and_crash(Gateway& gateway,
                                                    const std::vector<std::string>& records,
                                                    std::size_t acknowledged) {
  std::map<std::string, std::string> receipts;
  RawSubmit stream(open_channel(gateway.endpoint()));
  std::size_t sent = 0;
  // A window, so that records are under way when the gateway dies.
  constexpr std::size_t kWindow = 32;
  while (receipts.size() < acknowledged) {
    while (sent < records.size() && sent < receipts.size() + kWindow) {
      if (!stream.write(records[sent])) return receipts;
      ++sent;
    }
    const auto receipt = stream.read();
    if (!receipt) return receipts;
    EXPECT_TRUE(receipt->has_accepted()) << receipt->DebugString();
    receipts[key_of(*receipt)] = resources_of(*receipt);
  }
  gateway.crash();
  return receipts;
}

TEST(Crash, EveryAcknowledgedRecordIsThereOnce) {
  const auto records = all_records();
  for (const std::size_t acknowledged : {std::size_t{1}, std::size_t{40}, std::size_t{120}}) {
    Gateway gateway;
    ASSERT_TRUE(gateway.start()) << gateway.log();
    const auto before = submit_and_crash(gateway, records, acknowledged);
    ASSERT_GE(before.size(), acknowledged);
    ASSERT_TRUE(gateway.start()) << gateway.log();
    RawSubmit stream(open_channel(gateway.endpoint()));
    std::set<std::string> written;
    for (const auto& record : records) {
      ASSERT_TRUE(stream.write(record));
      const auto receipt = stream.read();
      ASSERT_TRUE(receipt);
      ASSERT_TRUE(receipt->has_accepted()) << receipt->DebugString();
      const auto resources = resources_of(*receipt);
      const auto found = before.find(key_of(*receipt));
      if (found != before.end()) {
        EXPECT_TRUE(receipt->accepted().duplicate()) << key_of(*receipt);
        EXPECT_EQ(resources, found->second);
      }
      // A version belongs to one revision alone.
      for (const auto& resource : receipt->accepted().resources())
        EXPECT_TRUE(
            written
                .insert(fmt::format("{}/{}/{}", resource.type(), resource.id(), resource.version()))
                .second);
    }
  }
}

TEST(Crash, KapClinicResumesAfterTheGatewayDied) {
  Gateway gateway;
  ASSERT_TRUE(gateway.start()) << gateway.log();
  const Scratch scratch;
  const auto journal = (scratch.path() / "journal").string();
  auto arguments = gateway.submit_arguments({data("clinic")});
  arguments.insert(arguments.end(), {"--resume", journal, "--attempts", "1"});
  Process client(arguments, scratch.path() / "out");
  const auto lines = [&journal] {
    const auto text = read_file(journal);
    return std::ranges::count(text, '\n');
  };
  while (client.is_running() && lines() < 5) {
  }
  gateway.crash();
  ASSERT_TRUE(client.wait());
  const auto acknowledged = lines();
  ASSERT_TRUE(gateway.start()) << gateway.log();
  const auto second = gateway.submit({data("clinic")}, {"--resume", journal});
  EXPECT_EQ(second.code, 0) << second.output;
  const auto total = static_cast<long>(all_records().size());
  EXPECT_THAT(second.output, HasSubstr(fmt::format("{} records:", total)));
  EXPECT_GE(acknowledged, 5);
  EXPECT_EQ(lines(), total);
}

TEST(Crash, StopsCleanlyWhileAStreamIsOpen) {
  Gateway gateway;
  ASSERT_TRUE(gateway.start()) << gateway.log();
  RawSubmit stream(open_channel(gateway.endpoint()));
  ASSERT_TRUE(stream.write(all_records().front()));
  ASSERT_TRUE(stream.read());
  gateway.process().kill(SIGTERM);
  EXPECT_FALSE(stream.read());
  EXPECT_EQ(stream.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto exit = gateway.process().wait(std::chrono::seconds(30));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 0);
}

TEST(Crash, TwoGatewaysDoNotShareAStateDirectory) {
  const Scratch scratch;
  Gateway first(scratch.path() / "state");
  ASSERT_TRUE(first.start()) << first.log();
  Gateway second(scratch.path() / "state");
  EXPECT_FALSE(second.start());
  EXPECT_THAT(second.log(), HasSubstr("state_dir"));
}

/// A file system of 64 MiB; needs the right to mount.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    is_mounted_ = mount("kap", path_.c_str(), "tmpfs", 0, "size=64m") == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  void fill() const {
    std::ofstream out(path_ + "/ballast", std::ios::binary);
    const std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void free() const { std::filesystem::remove(path_ + "/ballast"); }

 private:
  std::string path_;
  bool is_mounted_ = false;
};

TEST(Crash, AFullDiskRefusesAndRecoversByItself) {
  const Scratch scratch;
  const SmallDisk disk((scratch.path() / "disk").string());
  if (!disk.is_mounted()) GTEST_SKIP() << "no right to mount a small file system here";
  Gateway gateway(disk.path() + "/state");
  ASSERT_TRUE(gateway.start()) << gateway.log();
  const auto records = all_records();
  RawSubmit stream(open_channel(gateway.endpoint()));
  ASSERT_TRUE(stream.write(records[0]));
  ASSERT_TRUE(stream.read()->has_accepted());
  disk.fill();
  bool is_refused = false;
  for (std::size_t i = 1; i < records.size() && !is_refused; ++i) {
    ASSERT_TRUE(stream.write(records[i]));
    const auto receipt = stream.read();
    ASSERT_TRUE(receipt);
    is_refused = receipt->refused().category() == clinic::v1::REFUSAL_CATEGORY_UNAVAILABLE;
  }
  EXPECT_TRUE(is_refused);
  EXPECT_EQ(
      exchange({.url = fmt::format("http://127.0.0.1:{}/readyz", gateway.admin_port())}).status,
      200);
  disk.free();
  for (const auto& record : records) {
    ASSERT_TRUE(stream.write(record));
    const auto receipt = stream.read();
    ASSERT_TRUE(receipt);
    EXPECT_TRUE(receipt->has_accepted()) << receipt->DebugString();
  }
}

}  // namespace
}  // namespace kap::functional

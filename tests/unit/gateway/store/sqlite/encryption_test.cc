#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "gateway/store/crypto/key_ring.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/encrypted_vfs.h"

namespace kap::gateway::store::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kMarker = "CANARY-4f1d0c55";

std::string read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class EncryptionTest : public ::testing::Test {
 public:
  ~EncryptionTest() override {
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

 protected:
  EncryptionTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kap-crypt-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    master_ = crypto::load_key(folder_ / "master.key", crypto::Absent::kCreate).value();
    keys_ = std::make_shared<crypto::KeyRing>(
        crypto::KeyRing::load_or_create(folder_ / "keys.json", master_).value());
  }
  Status open() {
    database_.reset();
    vfs_ = EncryptedVfs::make(keys_).value();
    auto opened =
        Database::open({(folder_ / "a.db").string(), vfs_->name()}, Database::Access::kReadWrite);
    if (!opened) return std::unexpected(opened.error());
    database_ = std::move(*opened);
    KAP_CHECK_OK(database_->execute("PRAGMA journal_mode = WAL"));
    return database_->execute("PRAGMA wal_autocheckpoint = 0");
  }
  void fill(int rows) {
    ASSERT_TRUE(database_->execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)"));
    ASSERT_TRUE(database_->execute("BEGIN"));
    auto& insert = database_->prepared("INSERT INTO t (b) VALUES (?)");
    for (int i = 0; i < rows; ++i)
      ASSERT_TRUE(insert.with(std::string(kMarker) + std::string(300, 'x')).run());
    ASSERT_TRUE(database_->execute("COMMIT"));
  }
  std::int64_t count() {
    auto& statement = database_->prepared("SELECT count(*), sum(length(b)) FROM t").with();
    const auto row = statement.step();
    const auto found = row && *row ? statement.integer(0) : -1;
    statement.reset();
    return found;
  }
  /// Flips one bit of a file.
  void flip(const std::string& name, std::streamoff at) const {
    std::fstream file(folder_ / name, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }
  /// What a crash leaves: the files as they are, without SQLite's tidying up at the end.
  void crash() {
    std::filesystem::copy(folder_ / "a.db", folder_ / "b.db");
    std::filesystem::copy(folder_ / "a.db-wal", folder_ / "b.db-wal");
    database_.reset();
    std::filesystem::rename(folder_ / "b.db", folder_ / "a.db");
    std::filesystem::rename(folder_ / "b.db-wal", folder_ / "a.db-wal");
  }

  std::filesystem::path folder_;
  crypto::Key master_;
  std::shared_ptr<const crypto::KeyRing> keys_;
  std::unique_ptr<EncryptedVfs> vfs_;
  std::unique_ptr<Database> database_;
};

TEST_F(EncryptionTest, NothingOfARowIsInAnyFile) {
  ASSERT_TRUE(open());
  fill(500);
  EXPECT_GT(std::filesystem::file_size(folder_ / "a.db-wal"), 150'000U);
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    EXPECT_THAT(read_all(entry.path()), Not(HasSubstr(std::string(kMarker)))) << entry.path();
  ASSERT_TRUE(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  EXPECT_GT(std::filesystem::file_size(folder_ / "a.db"), 150'000U);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_THAT(read_all(entry.path()), Not(HasSubstr(std::string(kMarker)))) << entry.path();
    EXPECT_THAT(read_all(entry.path()), Not(HasSubstr("SQLite format"))) << entry.path();
    EXPECT_THAT(read_all(entry.path()), Not(HasSubstr("CREATE TABLE"))) << entry.path();
  }
}

TEST_F(EncryptionTest, EveryCommitIsThereAfterACrash) {
  ASSERT_TRUE(open());
  fill(100);
  ASSERT_TRUE(database_->execute("PRAGMA wal_checkpoint(PASSIVE)"));
  fill(100);
  crash();
  ASSERT_TRUE(open());
  EXPECT_EQ(count(), 200);
  EXPECT_TRUE(database_->execute("PRAGMA integrity_check"));
}

TEST_F(EncryptionTest, AWriteThatACrashCutOffEndsTheLog) {
  ASSERT_TRUE(open());
  fill(100);
  const auto whole = std::filesystem::file_size(folder_ / "a.db-wal");
  fill(100);
  crash();
  // Half of the second transaction's first frame.
  flip("a.db-wal", static_cast<std::streamoff>(whole) + 24 + 100);
  ASSERT_TRUE(open());
  EXPECT_EQ(count(), 100);
}

TEST_F(EncryptionTest, AChangedPageIsRefused) {
  ASSERT_TRUE(open());
  fill(500);
  ASSERT_TRUE(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  database_.reset();
  flip("a.db", static_cast<std::streamoff>(5 * kPageBytes + 17));
  ASSERT_TRUE(open());
  EXPECT_EQ(count(), -1);
}

TEST_F(EncryptionTest, APageInAnotherPlaceIsRefused) {
  ASSERT_TRUE(open());
  fill(500);
  ASSERT_TRUE(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  database_.reset();
  auto bytes = read_all(folder_ / "a.db");
  bytes.replace(6 * kPageBytes, kPageBytes, bytes.substr(5 * kPageBytes, kPageBytes));
  std::ofstream(folder_ / "a.db", std::ios::binary) << bytes;
  ASSERT_TRUE(open());
  EXPECT_EQ(count(), -1);
}

TEST_F(EncryptionTest, OtherKeysAndClearFilesAreRefusedWithTheReason) {
  ASSERT_TRUE(open());
  fill(10);
  database_.reset();
  std::filesystem::remove(folder_ / "keys.json");
  keys_ = std::make_shared<crypto::KeyRing>(
      crypto::KeyRing::load_or_create(folder_ / "keys.json", master_).value());
  const auto other = open();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().category(), Category::kForbidden);
  EXPECT_THAT(other.error().summary(), HasSubstr("other keys"));
  {
    auto plain = Database::open({(folder_ / "c.db").string()}, Database::Access::kReadWrite);
    ASSERT_TRUE(plain);
    ASSERT_TRUE((*plain)->execute("CREATE TABLE t (a)"));
  }
  std::filesystem::rename(folder_ / "c.db", folder_ / "a.db");
  EXPECT_FALSE(open());
}

TEST_F(EncryptionTest, OldPagesStayReadableAfterARotation) {
  ASSERT_TRUE(open());
  fill(100);
  database_.reset();
  keys_ = std::make_shared<crypto::KeyRing>(keys_->rotate(master_).value());
  EXPECT_EQ(keys_->current(), 2U);
  ASSERT_TRUE(open());
  fill(100);
  EXPECT_EQ(count(), 200);
  database_.reset();
  // The ring as a later start reads it.
  keys_ = std::make_shared<crypto::KeyRing>(
      crypto::KeyRing::load_or_create(folder_ / "keys.json", master_).value());
  ASSERT_TRUE(open());
  EXPECT_EQ(count(), 200);
}

TEST_F(EncryptionTest, TheMasterKeyIsRefusedWhereOthersMayReadIt) {
  ::chmod((folder_ / "master.key").c_str(), 0640);
  const auto loose = crypto::load_key(folder_ / "master.key", crypto::Absent::kRefuse);
  ASSERT_FALSE(loose);
  EXPECT_THAT(loose.error().summary(), HasSubstr("0600"));
  EXPECT_FALSE(crypto::load_key(folder_ / "none.key", crypto::Absent::kRefuse));
}

TEST_F(EncryptionTest, ARingUnderAnotherMasterKeyIsRefused) {
  const auto other = crypto::Key::random().value();
  const auto ring = crypto::KeyRing::load_or_create(folder_ / "keys.json", other);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().category(), Category::kForbidden);
  ASSERT_TRUE(keys_->rewrap(other));
  EXPECT_TRUE(crypto::KeyRing::load_or_create(folder_ / "keys.json", other));
  EXPECT_FALSE(crypto::KeyRing::load_or_create(folder_ / "keys.json", master_));
}

}  // namespace
}  // namespace kap::gateway::store::sqlite

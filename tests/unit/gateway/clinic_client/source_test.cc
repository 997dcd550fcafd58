#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gateway/clinic_client/journal.h"
#include "gateway/clinic_client/progress.h"
#include "gateway/clinic_client/record_files.h"
#include "gateway/clinic_client/record_source.h"
#include "gateway/clinic_client/summary.h"

namespace kap::gateway::clinic_client {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() {
    std::string pattern = (fs::temp_directory_path() / "kap-client-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path write(const std::string& name, const std::string& text) const {
    const auto path = directory_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::vector<RecordSource::Item> all(const std::vector<fs::path>& paths) const {
    RecordSource source(find_record_files(paths).value(), "east");
    std::vector<RecordSource::Item> items;
    while (auto item = source.next()) items.push_back(std::move(*item));
    return items;
  }

  fs::path directory_;
};

constexpr const char* kRecord = R"({"recordId":"p1","revision":"1","patient":{}})";

TEST_F(SourceTest, FindsFilesInTheOrderOfTheirPaths) {
  write("b/2.json", kRecord);
  write("a.ndjson", kRecord);
  write("b/1.json", kRecord);
  write("notes.txt", "no record");
  const auto files = find_record_files({directory_}).value();
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].path.filename(), "a.ndjson");
  EXPECT_EQ(files[1].path.filename(), "1.json");
  EXPECT_EQ(files[2].path.filename(), "2.json");
  EXPECT_FALSE(find_record_files({directory_ / "absent"}));
  EXPECT_FALSE(find_record_files({directory_ / "notes.txt"}));
  EXPECT_FALSE(find_record_files({}));
}

TEST_F(SourceTest, ReadsOneRecordAnArrayAndLines) {
  const auto items = all({write("1.json", kRecord),
                          write("2.json", std::string("[") + kRecord + "," + kRecord + "]"),
                          write("3.ndjson", std::string("\n") + kRecord + "\n\n" + kRecord)});
  ASSERT_EQ(items.size(), 5U);
  const auto& last = std::get<SourceRecord>(items[4]);
  EXPECT_THAT(last.where, HasSubstr("3.ndjson:4"));
  EXPECT_EQ(last.kind, "patient");
  EXPECT_EQ(last.record.clinic_id(), "east");
  EXPECT_EQ(last.digest, std::get<SourceRecord>(items[0]).digest);
}

TEST_F(SourceTest, SaysWhereARecordIsNone) {
  const auto items = all({write("1.ndjson", std::string(kRecord) + "\n{\"recordId\": \n" + kRecord),
                          write("2.json", "{\n\"recordId\":\"a\",\n\"nonsense\":1\n}"),
                          write("3.json", R"({"recordId":"a","recordId":"b"})")});
  ASSERT_EQ(items.size(), 5U);
  EXPECT_THAT(std::get<RefusedRecord>(items[1]).where, HasSubstr("1.ndjson:2"));
  EXPECT_THAT(std::get<RefusedRecord>(items[3]).where, HasSubstr("2.json:3"));
  EXPECT_THAT(std::get<RefusedRecord>(items[3]).violations[0].message, HasSubstr("nonsense"));
  EXPECT_THAT(std::get<RefusedRecord>(items[4]).where, HasSubstr("3.json:1"));
}

TEST_F(SourceTest, AJournalRemembersDigestsAloneAndOutlivesATornLine) {
  const auto path = directory_ / "journal";
  const auto digest = digest_of("record");
  {
    auto journal = Journal::open(path).value();
    EXPECT_FALSE(journal.has(digest));
    ASSERT_TRUE(journal.add(digest));
    ASSERT_TRUE(journal.add(digest));
  }
  std::ofstream(path, std::ios::app) << "0123abc";
  auto journal = Journal::open(path).value();
  EXPECT_TRUE(journal.has(digest));
  ASSERT_TRUE(journal.add(digest_of("another")));
  auto again = Journal::open(path).value();
  EXPECT_TRUE(again.has(digest));
  EXPECT_TRUE(again.has(digest_of("another")));
  std::ofstream(path, std::ios::app) << "this is no journal\n";
  EXPECT_FALSE(Journal::open(path));
}

TEST(Progress, DrawsABarOrALineForEachTenth) {
  const auto start = Progress::TimePoint();
  std::ostringstream lines;
  Progress plain(lines, Display::kLines, 1000, start);
  for (std::uint64_t bytes = 0; bytes <= 1000; bytes += 10)
    plain.update(bytes, {.accepted = bytes}, start);
  plain.finish({.accepted = 100, .refused = 1}, start + std::chrono::seconds(1));
  EXPECT_EQ(std::ranges::count(lines.str(), '\n'), 10);
  EXPECT_THAT(lines.str(),
              HasSubstr("100%  100 accepted, 0 duplicate, 0 pending, 1 refused, 101/s"));

  std::ostringstream bar;
  Progress drawn(bar, Display::kBar, 1000, start);
  drawn.update(500, {}, start);
  EXPECT_EQ(bar.str(), "");  // not more often than ten times a second
  drawn.update(500, {}, start + std::chrono::seconds(1));
  EXPECT_THAT(bar.str(), HasSubstr("[###############...............]  50%"));
}

TEST(Summary, ListsEveryViolationUnderItsRecord) {
  std::ostringstream out;
  print_summary(out, {.accepted = 1, .refused = 1},
                {{.where = "a.json:1",
                  .kind = "patient",
                  .violations = {{"patient.mrn", "is missing"}, {"patient.name", "is missing"}}}});
  EXPECT_THAT(out.str(), HasSubstr("a.json:1 (patient)  patient.mrn   is missing\n"));
  EXPECT_THAT(out.str(), HasSubstr("                    patient.name  is missing\n"));
  EXPECT_THAT(out.str(), HasSubstr("2 records: 1 accepted"));
}

}  // namespace
}  // namespace kap::gateway::clinic_client

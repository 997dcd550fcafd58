#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "kap/clinic/v1/record.pb.h"
#include "tests/data/generator/files.h"

namespace kap::synthetic {
namespace {

namespace v1 = ::kap::clinic::v1;
const std::filesystem::path kData = std::filesystem::path(KAP_SOURCE_DIR) / "tests/data";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<v1::Record> records_of(const std::string& text) {
  std::vector<v1::Record> records;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    v1::Record& record = records.emplace_back();
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &record).ok()) << line;
  }
  return records;
}

std::vector<v1::Record> clinic_records() {
  std::vector<v1::Record> all;
  for (const auto& [name, text] : synthetic_files())
    if (name.starts_with("clinic/"))
      for (v1::Record& record : records_of(text)) all.push_back(std::move(record));
  return all;
}

TEST(SyntheticClinic, CommittedFilesAreWhatTheGeneratorMakes) {
  std::set<std::string> made;
  for (const auto& [name, text] : synthetic_files()) {
    made.insert(name);
    EXPECT_TRUE(content_of(kData / name) == text)
        << name << " differs; run build/dev/bin/synthetic-clinic tests/data";
  }
  for (const char* folder : {"clinic", "clinic-west", "edge"})
    for (const auto& entry : std::filesystem::directory_iterator(kData / folder))
      EXPECT_TRUE(made.contains(std::string(folder) + "/" + entry.path().filename().string()))
          << entry.path() << " is not generated";
}

TEST(SyntheticClinic, HasEveryKindOfRecordAndAboutFortySessions) {
  std::map<int, int> kinds;
  std::map<std::string, int> patients;
  std::set<std::string> sessions;
  for (const v1::Record& record : clinic_records()) {
    ++kinds[record.body_case()];
    EXPECT_TRUE(record.test_data());
    EXPECT_EQ(record.clinic_id(), "kap-clinic-east");
    if (record.has_treatment_session()) sessions.insert(record.record_id());
  }
  for (int number = v1::Record::kPatient; number <= v1::Record::kPatientMerge; ++number)
    EXPECT_GT(kinds[number], 0) << "no record of the kind with field number " << number;
  EXPECT_EQ(kinds.size(), 20U);
  EXPECT_GE(sessions.size(), 38U);
}

TEST(SyntheticClinic, KindNumbersAreTheBodysFieldNumbers) {
  const auto* body = v1::Record::descriptor()->FindOneofByName("body");
  ASSERT_EQ(body->field_count(), v1::RecordKind_descriptor()->value_count() - 1);
  for (int i = 0; i < body->field_count(); ++i) {
    const auto* kind = v1::RecordKind_descriptor()->FindValueByNumber(body->field(i)->number());
    ASSERT_NE(kind, nullptr);
    std::string name = body->field(i)->name();
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(kind->name(), "RECORD_KIND_" + name);
  }
}

TEST(SyntheticClinic, NamesOnlyRecordsThatCameBefore) {
  std::map<std::string, std::int64_t> revisions;
  for (const v1::Record& record : clinic_records()) {
    const std::string key = std::to_string(record.body_case()) + "/" + record.record_id();
    EXPECT_GT(record.revision(), revisions[key]) << record.record_id();
    revisions[key] = record.revision();
  }
}

TEST(SyntheticClinic, SuicidalityBeforeAndAfterADoseAreTwoResults) {
  for (const v1::Record& record : clinic_records()) {
    if (record.record_id() != "ses-3-01") continue;
    std::vector<const v1::ScaleResult*> screens;
    for (const auto& scale : record.treatment_session().scales())
      if (scale.instrument() == v1::INSTRUMENT_CSSRS_SCREENER) screens.push_back(&scale);
    ASSERT_EQ(screens.size(), 2U);
    EXPECT_EQ(screens[0]->timing(), v1::DOSE_TIMING_BEFORE_DOSE);
    EXPECT_EQ(screens[1]->minutes_after_dose(), 90);
    EXPECT_NE(screens[0]->item_id(), screens[1]->item_id());
  }
}

TEST(SyntheticClinic, DosesFollowTheRate) {
  int infusions = 0;
  for (const v1::Record& record : clinic_records()) {
    if (!record.has_treatment_session()) continue;
    const auto& session = record.treatment_session();
    double weight = std::atof(session.dosing_weight().value().c_str());
    if (session.dosing_weight().unit() == v1::WEIGHT_UNIT_LB) weight *= 0.45359237;
    for (const auto& given : session.administrations()) {
      if (!given.has_rate()) continue;
      ++infusions;
      const auto minute = [](const std::string& time) {
        return std::atoi(time.substr(11, 2).c_str()) * 60 + std::atoi(time.substr(14, 2).c_str());
      };
      const int length = minute(given.ended_at()) - minute(given.started_at());
      EXPECT_NEAR(std::atof(given.dose_mg().c_str()),
                  weight * std::atof(given.rate().value().c_str()) * length / 60, 0.2)
          << record.record_id();
    }
  }
  EXPECT_GT(infusions, 25);
}

}  // namespace
}  // namespace kap::synthetic

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "kap/clinic/v1/constraints.pb.h"
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

/// Calls `found` with kind and record id of every record that the message names.
void for_each_reference(const google::protobuf::Message& message,
                        const std::function<void(int, const std::string&)>& found) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    const int kind = field->options().GetExtension(v1::rule).references();
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->message_type())
        for_each_reference(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                : reflection->GetMessage(message, field),
                           found);
      else if (kind != v1::RECORD_KIND_UNSPECIFIED)
        found(kind, field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                         : reflection->GetString(message, field));
    }
  }
}

TEST(SyntheticClinic, NamesOnlyRecordsThatCameBefore) {
  std::map<std::pair<int, std::string>, std::int64_t> revisions;
  for (const v1::Record& record : clinic_records()) {
    for_each_reference(record, [&](int kind, const std::string& id) {
      EXPECT_TRUE(revisions.contains({kind, id})) << record.record_id() << " names " << id;
    });
    auto& revision = revisions[{record.body_case(), record.record_id()}];
    EXPECT_EQ(record.revision(), revision + 1) << record.record_id();
    revision = record.revision();
  }
}

TEST(SyntheticClinic, UsesOnlyVerifiedCodes) {
  const char* shared = std::getenv("KAP_SHARED");
  const std::filesystem::path table =
      std::filesystem::path(shared ? shared : KAP_SOURCE_DIR "/../shared") /
      "clinical/verified_codes.tsv";
  if (!std::filesystem::exists(table)) GTEST_SKIP() << table << " is not here (KAP_SHARED)";
  std::set<std::string> verified;
  std::ifstream in(table);
  for (std::string line; std::getline(in, line);) {
    const auto system = line.find('\t');
    verified.insert(line.substr(system + 1, line.find('\t', system + 1) - system - 1));
  }
  const auto expect_verified = [&](const std::string& code) {
    EXPECT_TRUE(code.empty() || verified.contains(code)) << code;
  };
  for (const v1::Record& record : clinic_records()) {
    expect_verified(record.problem().icd10_cm());
    expect_verified(record.problem().snomed_ct());
    for (const v1::Drug* drug :
         {&record.home_medication().drug(), &record.medication_trial().drug(),
          &record.medication_order().drug()})
      expect_verified(drug->rxnorm());
    for (const auto& given : record.treatment_session().administrations()) {
      expect_verified(given.drug().rxnorm());
      expect_verified(given.drug().ndc());
    }
    for (const auto& given : record.treatment_session().co_medications())
      expect_verified(given.drug().rxnorm());
    for (const auto& billed : record.treatment_session().billed_services())
      expect_verified(billed.code());
  }
}

TEST(SyntheticClinic, TakesEveryInstrument) {
  std::set<int> taken;
  for (const v1::Record& record : clinic_records()) {
    for (const auto& scale : record.treatment_session().scales()) taken.insert(scale.instrument());
    for (const auto& scale : record.assessment().scales()) taken.insert(scale.instrument());
  }
  EXPECT_EQ(static_cast<int>(taken.size()), v1::Instrument_descriptor()->value_count() - 1);
}

TEST(SyntheticClinic, RemsPressuresAreThoseOfTheSeries) {
  for (const v1::Record& record : clinic_records()) {
    const auto& session = record.treatment_session();
    if (!session.has_rems()) continue;
    std::set<std::string> measured;
    for (const auto& point : session.vital_signs())
      measured.insert(point.blood_pressure().systolic() + "/" + point.blood_pressure().diastolic());
    for (const auto* form :
         {&session.rems().blood_pressure_before(), &session.rems().blood_pressure_at_40_min(),
          &session.rems().blood_pressure_at_end()})
      EXPECT_TRUE(measured.contains(form->systolic() + "/" + form->diastolic()))
          << record.record_id();
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
